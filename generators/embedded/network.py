"""`VideoUNet`: the network that predicts a clip from its noisy version and from what is known of it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as nnf
from torch import Tensor, nn

PATCH = 4
"""Pixels a side that a place on the coarser maps stands for."""

MULTIPLE = 4 * PATCH
"""Heights and widths must divide by it: the coarsest map has one place for so many pixels."""

_GROUPS = 8
_FREQUENCIES = 64


@dataclass(frozen=True)
class Shape:
    """Sizes of the network.

    Attributes:
        known: numbers for each pixel that it is told.
        attributes: numbers for each clip.
        stem: channels at full resolution.
        widths: channels at a quarter and an eighth of it.
        tokens: channels at a sixteenth, where places of all frames attend to each other.
        blocks, heads: of attention.
        texture: channels that the coarse maps give each pixel.
        embedding: channels of the time and the attributes.
    """

    known: int
    attributes: int
    stem: int = 32
    widths: tuple[int, int] = (80, 160)
    tokens: int = 256
    blocks: int = 4
    heads: int = 4
    texture: int = 16
    embedding: int = 192


class VideoUNet(nn.Module):
    """Clean codes from noisy ones: four numbers a pixel, all frames of a clip at once.

    Pixels are taken in once a clip (`look`); every step then joins the noisy numbers, works on patches of 4x4
    pixels with convolutions within frames, lets the coarsest places of all frames attend to each other, and gives
    every pixel its texture from both.
    """

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        stem, (wide, wider) = shape.stem, shape.widths
        self.time = nn.Sequential(nn.Linear(_FREQUENCIES, shape.embedding), nn.SiLU(),
                                  nn.Linear(shape.embedding, shape.embedding))
        self.mood = nn.Linear(shape.attributes, shape.embedding)
        self.taken = nn.Conv2d(shape.known, stem, 1)
        self.seen = nn.Conv2d(stem, stem, 3, padding=1)
        self.noisy = nn.Conv2d(4, stem, 1)
        self.patch = nn.Conv2d(stem, wide, PATCH, stride=PATCH)
        self.fine_in = Block(wide, wide, shape.embedding)
        self.down = nn.Conv2d(wide, wider, 2, stride=2)
        self.coarse_in = Block(wider, wider, shape.embedding)
        self.deeper = nn.Conv2d(wider, shape.tokens, 2, stride=2)
        self.place = nn.Linear(3 * 2 * 8, shape.tokens)
        self.talk = nn.ModuleList(Attention(shape.tokens, shape.heads, shape.embedding) for _ in range(shape.blocks))
        self.up = nn.Conv2d(shape.tokens, 4 * wider, 1)
        self.coarse_out = Block(2 * wider, wider, shape.embedding)
        self.upper = nn.Conv2d(wider, 4 * wide, 1)
        self.fine_out = Block(2 * wide, wide, shape.embedding)
        self.texture = nn.Conv2d(wide, shape.texture * PATCH * PATCH, 1)
        self.join = nn.Conv2d(stem + shape.texture, stem, 1)
        self.leave = nn.Conv2d(stem, 4, 3, padding=1)
        nn.init.zeros_(self.leave.weight)
        nn.init.zeros_(torch.as_tensor(self.leave.bias))

    def look(self, known: Tensor) -> Tensor:
        """What of `known` `[B, T, H, W, known]` every step uses: `[B * T, stem, H, W]`."""
        return nnf.silu(self.seen(nnf.silu(self.taken(known.flatten(0, 1).permute(0, 3, 1, 2)))))

    def forward(self, noisy: Tensor, time: Tensor, looked: Tensor, attributes: Tensor) -> Tensor:
        """Clean codes `[B, T, H, W, 4]`.

        Args:
            noisy: `[B, T, H, W, 4]`, (1 - time) clean + time noise.
            time: `[B]` 0..1.
            looked: `[B * T, stem, H, W]`, of `look`.
            attributes: `[B, attributes]`.
        """
        batch, frames = noisy.shape[:2]
        mood = nnf.silu(self.time(_waves(time)) + self.mood(attributes))
        mood = mood.repeat_interleave(frames, dim=0)
        pixels = nnf.silu(looked + self.noisy(noisy.flatten(0, 1).permute(0, 3, 1, 2)))
        fine = self.fine_in(self.patch(pixels), mood)
        coarse = self.coarse_in(self.down(fine), mood)
        deep = self._talked(self.deeper(coarse), mood, frames)
        coarse = self.coarse_out(torch.cat([nnf.pixel_shuffle(self.up(deep), 2), coarse], dim=1), mood)
        fine = self.fine_out(torch.cat([nnf.pixel_shuffle(self.upper(coarse), 2), fine], dim=1), mood)
        texture = nnf.pixel_shuffle(self.texture(fine), PATCH)
        out = self.leave(nnf.silu(self.join(torch.cat([pixels, texture], dim=1))))
        clean: Tensor = out.permute(0, 2, 3, 1).unflatten(0, (batch, frames))
        return clean

    def _talked(self, deep: Tensor, mood: Tensor, frames: int) -> Tensor:
        """`[B * T, tokens, h, w]` after all places of a clip have attended to each other."""
        height, width = deep.shape[2:]
        tokens = deep.permute(0, 2, 3, 1).reshape(-1, frames * height * width, deep.shape[1])
        tokens = tokens + self.place(_places(frames, height, width).to(tokens))
        mood = mood[::frames]
        for block in self.talk:
            tokens = block(tokens, mood)
        talked: Tensor = tokens.reshape(-1, height, width, deep.shape[1]).permute(0, 3, 1, 2)
        return talked


class Block(nn.Module):
    """Two convolutions with a shortcut, steered by the time and the attributes."""

    def __init__(self, entering: int, leaving: int, embedding: int) -> None:
        super().__init__()
        self.first_norm, self.first = nn.GroupNorm(_GROUPS, entering), nn.Conv2d(entering, leaving, 3, padding=1)
        self.mood = nn.Linear(embedding, 2 * leaving)
        self.second_norm, self.second = nn.GroupNorm(_GROUPS, leaving), nn.Conv2d(leaving, leaving, 3, padding=1)
        self.short = nn.Conv2d(entering, leaving, 1) if entering != leaving else nn.Identity()
        nn.init.zeros_(self.second.weight)
        nn.init.zeros_(torch.as_tensor(self.second.bias))

    def forward(self, maps: Tensor, mood: Tensor) -> Tensor:
        """`[N, leaving, h, w]` of `maps` `[N, entering, h, w]` and `mood` `[N, embedding]`."""
        gain, shift = self.mood(mood)[..., None, None].chunk(2, dim=1)
        hidden = self.second_norm(self.first(nnf.silu(self.first_norm(maps))))
        out: Tensor = self.short(maps) + self.second(nnf.silu(hidden * (1 + gain) + shift))
        return out


class Attention(nn.Module):
    """All tokens of a clip attend to each other, then each is worked on alone (Peebles and Xie 2023, adaLN-zero)."""

    def __init__(self, channels: int, heads: int, embedding: int) -> None:
        super().__init__()
        self.heads = heads
        self.mood = nn.Linear(embedding, 6 * channels)
        self.first_norm = nn.LayerNorm(channels, elementwise_affine=False)
        self.second_norm = nn.LayerNorm(channels, elementwise_affine=False)
        self.asked = nn.Linear(channels, 3 * channels)
        self.told = nn.Linear(channels, channels)
        self.work = nn.Sequential(nn.Linear(channels, 4 * channels), nn.SiLU(), nn.Linear(4 * channels, channels))
        nn.init.zeros_(self.mood.weight)
        nn.init.zeros_(self.mood.bias)

    def forward(self, tokens: Tensor, mood: Tensor) -> Tensor:
        """`[B, L, channels]` of `tokens` of that shape and `mood` `[B, embedding]`."""
        gain, shift, much, gain2, shift2, much2 = self.mood(mood)[:, None].chunk(6, dim=-1)
        query, key, value = self.asked(self.first_norm(tokens) * (1 + gain) + shift).unflatten(
            -1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        heard = nnf.scaled_dot_product_attention(query, key, value).transpose(1, 2).flatten(2)
        tokens = tokens + much * self.told(heard)
        out: Tensor = tokens + much2 * self.work(self.second_norm(tokens) * (1 + gain2) + shift2)
        return out


def _waves(time: Tensor) -> Tensor:
    """`[B, _FREQUENCIES]` sines and cosines of `time` `[B]` (Vaswani et al. 2017)."""
    half = _FREQUENCIES // 2
    rates = torch.exp(-math.log(1e3) * torch.arange(half, device=time.device) / half) * 1e3
    turns = time.float()[:, None] * rates
    return torch.cat([turns.sin(), turns.cos()], dim=-1).to(time.dtype)


def _places(frames: int, height: int, width: int) -> Tensor:
    """`[T * h * w, 48]`: where and when a token is, as sines and cosines with periods from 4 places to 512."""
    rates = 2 * math.pi / (4 * 2.0 ** torch.arange(8))
    where = torch.stack(torch.meshgrid(*(torch.arange(n, dtype=torch.float32) for n in (frames, height, width)),
                                       indexing="ij"), dim=-1).reshape(-1, 3, 1)
    return torch.cat([(where * rates).sin(), (where * rates).cos()], dim=-1).flatten(1)
