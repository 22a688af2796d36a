"""Train the CLIP tokenizer's vocabulary on captions and prompts."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from kirakat.errors import TrainingError

if TYPE_CHECKING:
    from torch import Tensor

    from kirakat.training.tiny.networks import (
        CLIPTokenizer,
    )

BEGIN, END = "<|startoftext|>", "<|endoftext|>"
# How CLIP splits text before byte-pair encoding (Radford et al., 2021).
_WORDS = r"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"
_WORD_END = "</w>"


def train_tokenizer(texts: Iterable[str], size: int, tokens: int) -> CLIPTokenizer:
    """A CLIP tokenizer of `size` tokens (or fewer, when the texts have too few words).

    Its alphabet holds every byte, so any text can be encoded. The begin and end marks are the
    last two ids; prompts are padded and cut to `tokens`.
    """
    from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, trainers

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    room = size - 2 - 2 * len(alphabet)
    if room < 0:
        raise TrainingError(f"a vocabulary of {size} does not hold every byte", size=size)
    bpe = Tokenizer(models.BPE(end_of_word_suffix=_WORD_END))
    bpe.normalizer = normalizers.Sequence([normalizers.NFC(), normalizers.Lowercase()])
    bpe.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(_WORDS), behavior="removed", invert=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    trainer = trainers.BpeTrainer(
        vocab_size=size - 2,
        initial_alphabet=alphabet,
        end_of_word_suffix=_WORD_END,
        show_progress=False,
    )
    bpe.train_from_iterator(texts, trainer)
    merges = json.loads(bpe.to_str())["model"]["merges"]
    return _clip_tokenizer(alphabet, [(left, right) for left, right in merges][:room], tokens)


def save_tokenizer(tokenizer: CLIPTokenizer, folder: Path) -> None:
    """Write `vocab.json`, `merges.txt` and the configuration, as Stable Diffusion ships them."""
    folder.mkdir(parents=True, exist_ok=True)
    model = json.loads(tokenizer.backend_tokenizer.to_str())["model"]
    vocabulary = json.dumps(model["vocab"], ensure_ascii=False)
    (folder / "vocab.json").write_text(vocabulary, encoding="utf-8")
    lines = ["#version: 0.2", *(f"{left} {right}" for left, right in model["merges"])]
    (folder / "merges.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    settings = {
        "tokenizer_class": "CLIPTokenizer",
        "model_max_length": tokenizer.model_max_length,
        "bos_token": BEGIN,
        "eos_token": END,
        "unk_token": END,
        "pad_token": END,
        "do_lower_case": True,
    }
    text = json.dumps(settings, indent=2)
    (folder / "tokenizer_config.json").write_text(text, encoding="utf-8")


def tokenise(tokenizer: CLIPTokenizer, texts: Sequence[str]) -> Tensor:
    """Ids (B, tokens), padded and cut as the pipelines do it."""
    encoded = tokenizer(
        list(texts),
        padding="max_length",
        max_length=tokenizer.model_max_length,
        truncation=True,
        return_tensors="pt",
    )
    ids: Tensor = encoded.input_ids
    return ids


def _clip_tokenizer(
    alphabet: Sequence[str], merges: Sequence[tuple[str, str]], tokens: int
) -> CLIPTokenizer:
    from transformers import CLIPTokenizer

    words = [*alphabet, *(letter + _WORD_END for letter in alphabet)]
    known = set(words)
    used = []
    for left, right in merges:
        # A merge may only join what the vocabulary holds by then.
        if left in known and right in known and left + right not in known:
            used.append((left, right))
            words.append(left + right)
            known.add(left + right)
    vocabulary = {word: index for index, word in enumerate([*words, BEGIN, END])}
    # It hands `merges` on to `tokenizers`, which takes pairs; its annotation says strings.
    return CLIPTokenizer(vocab=vocabulary, merges=used, model_max_length=tokens)  # type: ignore[arg-type]
