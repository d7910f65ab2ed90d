import torch
import torch.nn.functional as F
from torch import nn

torch.manual_seed(0)
q = k = v = torch.randn(2, 4, 10, 8)  # (N, heads, L, channels)


def drops(attend):
    return not torch.allclose(attend(), attend(), atol=1e-5)


class Attention(nn.Module):
    def __init__(self, p):
        super().__init__()
        self.p = p

    def wrong(self, q, k, v):
        return F.scaled_dot_product_attention(q, k, v, dropout_p=self.p)

    def right(self, q, k, v):
        p = self.p if self.training else 0.0
        return F.scaled_dot_product_attention(q, k, v, dropout_p=p)


attention = Attention(0.5).eval()
print("eval, dropout_p=self.p:     drops:", drops(lambda: attention.wrong(q, k, v)))
print("eval, ... if self.training: drops:", drops(lambda: attention.right(q, k, v)))

x = torch.randn(2, 10, 32)
mha = nn.MultiheadAttention(32, 4, dropout=0.5, batch_first=True)
print("nn.MultiheadAttention train: drops:", drops(lambda: mha(x, x, x)[0]))
mha.eval()
print("nn.MultiheadAttention eval:  drops:", drops(lambda: mha(x, x, x)[0]))

mha.train()
weights = mha(x, x, x, average_attn_weights=False)[1]
print("weights sum to 1 in training:", bool((weights.sum(-1) - 1).abs().max() < 1e-3))
