"""One module for each kind of plot; its name is that of the kind.

Whatever lies here is found by listing the folder, so that a new kind is a new file and nothing
else.
"""
