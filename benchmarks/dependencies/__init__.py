"""linkstep beside deptry, FawltyDeps, pip-check-reqs and pip check, on real applications."""
