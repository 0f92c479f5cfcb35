"""Compiled kernels: where they lie on disk, and for which processor.

Also what a user hears when one is compiled.
"""
