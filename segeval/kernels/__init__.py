"""What compiled code is built on: where kernels lie on disk, and when one has to be compiled."""
