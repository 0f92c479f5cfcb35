"""Compiled kernels: where they lie on disk, for which processor, and what a user hears when one is
compiled.
"""
