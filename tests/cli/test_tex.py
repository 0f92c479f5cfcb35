from __future__ import annotations

import pytest

from segeval.cli.tex import plain
from segeval.metrics import REGISTRY


@pytest.mark.parametrize(
    ("tex", "text"),
    [
        (r"\frac{TP}{TP+FP+FN}", "TP / (TP + FP + FN)"),
        (r"\frac12(a+b)", "1/2 (a + b)"),
        (r"1-\frac{|FN-FP|}{2\,TP+FP+FN}", "1 − |FN − FP| / (2 TP + FP + FN)"),
        (r"\sqrt{PPV\cdot TPR}", "√(PPV·TPR)"),
        (r"\max\left(P_q D_{pg},\,P_q D_{gp}\right)", "max(P_q D_pg, P_q D_gp)"),
        (r"\sqrt{\overline{D^2}-\overline{D}^2}", "√(mean(D²) − mean(D)²)"),
        (r"\frac{|D_{pg}\le\tau|}{|D_{pg}|}", "|D_pg ≤ τ| / |D_pg|"),
        (r"\sum_i\binom{a_i}2", "Σ_i C(a_i, 2)"),
        (r"w_{ij}n_{ij}", "w_ij n_ij"),
        (r"\max_{x\in P}d(x,G)", "max_{x∈P}d(x, G)"),
        (r"(\bar x_p)^\top S^{-1}", "(x\N{COMBINING MACRON}_p)ᵀ S⁻¹"),
        (r"\frac1L\int_0^L f", "1/L ∫_0^L f"),
        (r"-x^n", "−x^n"),
        (r"\unheard{of}", "unheardof"),
    ],
)
def test_formulas_as_text(tex, text):
    assert plain(tex) == text


@pytest.mark.parametrize("name", REGISTRY)
def test_every_card_has_a_formula_that_can_be_read(name):
    text = plain(REGISTRY[name].tex)
    assert text
    assert "\\" not in text
    assert "  " not in text
    assert text.count("(") == text.count(")")
