"""The two-tower trainer: examples on disk, a torch module, a resumable loop, and the job that runs
it in several processes.
"""
