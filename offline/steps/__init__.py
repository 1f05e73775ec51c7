"""The steps of the nightly run, one module each; offline/schedule.py wires them.

A step's function takes the run and the outputs of the steps that it needs, and returns a struct.
It calls the packages that compute, and computes nothing itself.
"""
