"""What the autoencoder is asked for: colours, edges at several scales, and texture energy."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor


def gradient_loss(made: Tensor, true: Tensor, scales: int = 3) -> Tensor:
    """Mean absolute error of the pixel differences along both axes, over halved scales.

    Both tensors are (B, C, H, W).
    """
    from torch.nn.functional import avg_pool2d

    error = made - true
    total = error.new_zeros(())
    for scale in range(scales):
        if scale:
            error = avg_pool2d(error, 2)
        total = total + error.diff(dim=-1).abs().mean() + error.diff(dim=-2).abs().mean()
    return total / scales


def spectrum_loss(made: Tensor, true: Tensor) -> Tensor:
    """Mean absolute error of the log amplitude spectra, so that fine texture keeps its energy.

    Jiang et al., "Focal frequency loss" (ICCV 2021), without its weights and on a log scale.
    """
    import torch

    def log_amplitude(x: Tensor) -> Tensor:
        return torch.log(torch.fft.rfft2(x.float(), norm="ortho").abs() + 1e-2)

    return (log_amplitude(made) - log_amplitude(true)).abs().mean()


def latent_divergence(mean: Tensor, log_variance: Tensor) -> Tensor:
    """KL divergence of the latent's Gaussian from the unit one, a mean over its elements."""
    return 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance).mean()
