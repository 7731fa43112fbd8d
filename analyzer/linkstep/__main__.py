"""`python -m linkstep`: the same as the command `linkstep`."""

import sys

from linkstep.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
