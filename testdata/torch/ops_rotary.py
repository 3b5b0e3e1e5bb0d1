"""Writes ops/rotary.json.gz: the rotation of Hugging Face's apply_rotary_pos_emb, with gradients, in the form of ops.py.

Run: python testdata/torch/ops_rotary.py
"""

import torch

from ops import BF16, F16, F32, F64, File


def rotate(x, cos, sin):
    half = cos.shape[-1]
    wide = x.float() if x.dtype in (BF16, F16) else x
    part, rest = wide[..., : 2 * half], wide[..., 2 * half:]
    turned = torch.cat((-part[..., half:], part[..., :half]), -1)
    y = part * torch.cat((cos, cos), -1).to(wide.dtype) + turned * torch.cat((sin, sin), -1).to(wide.dtype)
    return torch.cat((y, rest), -1).to(x.dtype)


file = File("rotary")
file.begin("rotary")
for x, angles in (((4,), (2,)), ((3, 6), (3, 3)), ((2, 3, 4, 8), (4, 4)), ((2, 3, 4, 7), (2, 1, 4, 2)), ((2, 2, 4), (1, 2)), ((0, 4), (0, 2))):
    for dtype in (F32, F64, BF16, F16):
        file.case("rotary", rotate, [file.draw(x, dtype), file.draw(angles, dtype, -1, 1), file.draw(angles, dtype, -1, 1)])
x = torch.tensor([[float("inf"), 1, float("nan"), 2]])
for dtype in (F32, F64, BF16, F16):
    file.case("rotary", rotate, [x.to(dtype), torch.tensor([[0.5, 0.25]], dtype=dtype), torch.tensor([[0.25, 0.5]], dtype=dtype)], False)
file.write()
