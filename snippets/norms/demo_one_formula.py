torch.manual_seed(0)
N, C, H, W, G, eps = 4, 6, 2, 2, 2, 1e-5
x = 3 + 2 * torch.randn(N, C, H, W)
groups = x.view(N, G, C // G, H, W)

cut = {
    nn.BatchNorm2d(C): normalize(x, (0, 2, 3), eps),
    nn.LayerNorm([C, H, W]): normalize(x, (1, 2, 3), eps),
    nn.InstanceNorm2d(C): normalize(x, (2, 3), eps),
    nn.GroupNorm(G, C): normalize(groups, (2, 3, 4), eps).view_as(x),
}
for layer, by_hand in cut.items():
    same = torch.allclose(layer(x), by_hand, atol=1e-5)
    print(f"{type(layer).__name__:14} {same}")

tokens = torch.randn(N, 5, C)  # (N, L, C)
centred = tokens - tokens.mean(-1, keepdim=True)
same = torch.allclose(nn.RMSNorm(C, eps)(centred), nn.LayerNorm(C, eps)(tokens))
print("RMSNorm of centred tokens = LayerNorm:", same)
