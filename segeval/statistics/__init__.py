"""Statistics: what metrics need to know about a case, measured once for all regions at once.

No kernel lies here: formulas, and tables of what was measured, load neither Numba nor torch.
"""
