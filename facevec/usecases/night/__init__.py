"""The nightly job, step by step: what is made anew, and what somebody should look at.

A step is a function in a file of its own; `steps.STEPS` is the list of them.
"""
