"""What the scenarios share: the running platform, members, child processes and waiting."""
