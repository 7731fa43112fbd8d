"""Accuracy, measured against CPython: what linkstep and its peers report is really executed.

    python -m benchmarks.accuracy --help

`distributions.toml` names what is measured. False alarms: each distribution's own code is
checked against an environment that has it installed, and an interpreter of that environment
settles every reference that a tool reports (`settling.py`). Recall: definitions are removed
and modules moved, and the interpreter says which places fail then (`mutating.py`,
`truth.py`). The scripts in `inside/` are those that run in the measured environments.
"""
