momentum = 1 - (1 - 0.1) ** (1 / 3)
kept = 1.0
for _ in range(3):
    kept *= 1 - momentum
print(f"momentum {momentum:.4f} leaves {kept:.4f} of the old value after three updates")
