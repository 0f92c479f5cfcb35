"""What several test modules share: scenes and masks, oracles and peers, a stand-in for a GPU, and
callers of the command line and of pages.
"""
