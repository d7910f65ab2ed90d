import torch

torch.manual_seed(0)
x = torch.ones(2, 6, 1000)  # (N, L, C): 2 sequences, 6 steps


def same_at_all_steps(y):
    return bool((y == y[:, :1]).all())


print("one mask per sequence:", same_at_all_steps(FixedMaskDropout(0.5)(x)))
print("nn.Dropout:           ", same_at_all_steps(nn.Dropout(0.5)(x)))

# A cell in a loop: the mask has to outlive the call.
drop = FixedMaskDropout(0.5, shared_dims=())
with hold_masks(drop):
    steps = [drop(x[:, t]) for t in range(6)]
print("held over a loop:     ", same_at_all_steps(torch.stack(steps, dim=1)))
