"""Odd bytes for whatever reads what users hand over: files of masks and meshes, texts, results."""
