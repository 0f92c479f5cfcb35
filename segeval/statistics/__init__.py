"""What metrics need to know about a case, measured once, for all regions at once; no kernel lies
here.
"""
