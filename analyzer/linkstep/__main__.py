"""`python -m linkstep`: the same as the command `linkstep`."""

from linkstep.cli.main import run

if __name__ == "__main__":
    run()
