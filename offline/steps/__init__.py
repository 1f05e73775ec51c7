"""The steps of the nightly, one module each; offline/schedule.py wires them.

A step's function takes the run and the outputs of the steps that it needs, and returns a struct.
It only orchestrates: what a step computes is defined in the package of its topic.
"""
