for size in (1, 2, 8, 32):
    print(f"batch of {size:2}: {0.2**size:.1e}")
