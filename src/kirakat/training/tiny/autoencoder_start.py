"""First weights of the autoencoder, with which it already works, coarsely.

From the library's random weights a 16x autoencoder spends thousands of steps on finding the
mean colours: each of nine levels shrinks its input and group normalisation hides its scale.
Here three latent channels start as the mean colour of each block, which the decoder blends
smoothly, and the residual blocks start silent; training adds the details.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor, nn

    from kirakat.training.tiny.networks import (
        AutoencoderKL,
    )

# Channels 0-2 carry RGB and 3-5 its negative, since silu(x) - silu(-x) = x; two constant
# channels set the scale that group normalisation divides by.
_CARRIED = 6
_PLUS, _MINUS = 6, 7
_ENCODER_REFERENCE, _DECODER_REFERENCE = 6.0, 2.0
# Size of all other paths, of the variance-keeping one.
_OTHERS = 0.3
_LOG_VARIANCE = -6.0


def start_as_block_means(autoencoder: AutoencoderKL) -> None:
    """Set the first weights. The first normalisation group must hold at least 8 channels."""
    import torch
    from diffusers.models.resnet import ResnetBlock2D
    from torch import nn

    with torch.no_grad():
        for module in autoencoder.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, nonlinearity="linear")
                module.weight *= _OTHERS
                nn.init.zeros_(module.bias)  # type: ignore[arg-type]
        for module in autoencoder.modules():
            if isinstance(module, ResnetBlock2D):
                nn.init.zeros_(module.conv2.weight)
                if module.conv_shortcut is not None:
                    _carry(module.conv_shortcut, torch.ones(1, 1))
        _start_encoder(autoencoder)
        _start_decoder(autoencoder)


def _start_encoder(autoencoder: AutoencoderKL) -> None:
    import torch

    encoder = autoencoder.encoder
    _spread(encoder.conv_in)
    # Stride 2 after padding right and below: the upper left 2x2 taps average a block.
    mean = torch.zeros(3, 3)
    mean[:2, :2] = 0.25
    for block in encoder.down_blocks:
        for sampler in block.downsamplers or ():
            _carry(sampler.conv, mean)
    _add_reference(encoder.mid_block.resnets[-1].conv2, _ENCODER_REFERENCE)
    _join(encoder.conv_out)
    latents = autoencoder.quant_conv.out_channels // 2
    autoencoder.quant_conv.weight.zero_()
    autoencoder.quant_conv.weight[:latents, :latents, 0, 0] = torch.eye(latents)
    autoencoder.quant_conv.bias[latents:] = _LOG_VARIANCE


def _start_decoder(autoencoder: AutoencoderKL) -> None:
    import torch

    decoder = autoencoder.decoder
    autoencoder.post_quant_conv.weight[:, :, 0, 0] = torch.eye(
        autoencoder.post_quant_conv.in_channels
    )
    _spread(decoder.conv_in)
    # After doubling by repetition this binomial blends as linear interpolation does.
    taps = torch.tensor([0.25, 0.5, 0.25])
    for block in decoder.up_blocks:
        for sampler in block.upsamplers or ():
            _carry(sampler.conv, torch.outer(taps, taps))
    _add_reference(decoder.up_blocks[-1].resnets[-1].conv2, _DECODER_REFERENCE)
    _join(decoder.conv_out)


def _carry(convolution: nn.Conv2d, kernel: Tensor) -> None:
    """Pass each carried channel through `kernel` (k, k), and nothing else into it."""
    convolution.weight[:_CARRIED] = 0
    for channel in range(_CARRIED):
        convolution.weight[channel, channel] = kernel


def _spread(convolution: nn.Conv2d) -> None:
    """Inputs 0-2 to channels 0-2, negated to 3-5."""
    middle = convolution.kernel_size[0] // 2
    convolution.weight[:_CARRIED] = 0
    for channel in range(3):
        convolution.weight[channel, channel, middle, middle] = 1
        convolution.weight[channel + 3, channel, middle, middle] = -1


def _join(convolution: nn.Conv2d) -> None:
    """Outputs 0-2 from the activated channels 0-2 minus 3-5."""
    middle = convolution.kernel_size[0] // 2
    convolution.weight[:3] = 0
    for channel in range(3):
        convolution.weight[channel, channel, middle, middle] = 1
        convolution.weight[channel, channel + 3, middle, middle] = -1


def _add_reference(convolution: nn.Conv2d, level: float) -> None:
    assert convolution.bias is not None  # noqa: S101  diffusers builds these with a bias
    convolution.bias[_PLUS], convolution.bias[_MINUS] = level, -level
