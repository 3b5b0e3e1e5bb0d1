"""Fits the polynomials of math.go and tables.go and prints their coefficients, lowest first, as the bits of float32s.

Each is the best polynomial for a weighted error (Lawson's iteration: least squares whose weights grow where the error is
large). Coefficients are rounded one after the other, from the lowest, and the rest fitted anew, so that each makes good for the
rounding of those before it. Needs numpy and mpmath.
"""
import struct

import mpmath as mp
import numpy as np

mp.mp.dps = 40


def bits(x):
    return struct.unpack("<I", struct.pack("<f", float(x)))[0]


def unbits(b):
    return struct.unpack("<f", struct.pack("<I", b))[0]


def best(f, weight, lo, hi, degree, fixed, points):
    """Coefficients by power, without those that are fixed, of the polynomial with the least |weight·(f - polynomial)|."""
    k = np.arange(points)
    x = 0.5 * (lo + hi) + 0.5 * (hi - lo) * np.cos((2 * k + 1) * np.pi / (2 * points))
    rest = [f(mp.mpf(t)) - sum(mp.mpf(float(c)) * mp.mpf(t) ** p for p, c in fixed.items()) for t in x]
    w = np.array([float(weight(mp.mpf(t))) for t in x])
    free = [p for p in range(degree + 1) if p not in fixed]
    a = np.stack([x**p for p in free], 1) * w[:, None]
    y = np.array([float(r) for r in rest]) * w
    share, least, found = np.ones(points) / points, np.inf, None
    for _ in range(200):
        root = np.sqrt(share)
        c = np.linalg.lstsq(a * root[:, None], y * root, rcond=None)[0]
        error = np.abs(a @ c - y)
        if error.max() < least:
            least, found = error.max(), c
        share = share * (error + 1e-30)
        share /= share.sum()
    return dict(zip(free, found))


def rounded(f, weight, lo, hi, degree, fixed=None, points=400):
    fixed = dict(fixed or {})
    for p in range(degree + 1):
        if p not in fixed:
            fixed[p] = np.float32(best(f, weight, lo, hi, degree, fixed, points)[p])
    return [fixed[p] for p in range(degree + 1)]


def show(name, *args):
    print(name, ", ".join(f"0x{bits(c):08x}" for c in rounded(*args)))


def table(name, f, weight):
    """Sixteen polynomials of degree 6 on segments of t, four for each doubling of 1 + t."""
    rows, starts = [[0] * 16 for _ in range(7)], [0] * 16
    for doubling in range(4):
        for quarter in range(4):
            s, width = 2.0**doubling * (1 + quarter / 4), 2.0**doubling / 4
            start = max(unbits(bits(s) - (1 << 19)) - 1, 0.0)  # a quarter of a segment before, and 0 at the least
            # At 0 the first coefficient is f(0), which is exact.
            fixed = {0: np.float32(float(f(mp.mpf(0))))} if s == 1 and name == "geluTable" else {}
            if fixed:
                fixed[1] = np.float32(0.5)
            c = rounded(lambda u: f(start + u), lambda u: weight(start + u), s - 1 - start, s - 1 - start + width, 6, fixed, 50)
            place = bits(s) >> 21 & 15
            starts[place] = bits(start)
            for p in range(7):
                rows[p][place] = bits(c[p])
    for r in rows:
        print(name, ", ".join(f"0x{b:08x}" for b in r))
    print("segmentStart", ", ".join(f"0x{b:08x}" for b in starts))


def quarters(name, f):
    """Sixteen polynomials of degree 6, one for each quarter of x from 0 to 4, in x less the quarter's middle; for the first
    it is f(x) - x, in x."""
    rows, starts = [[0] * 16 for _ in range(7)], [0] * 16
    for k in range(16):
        start = k / 4 + 0.125 if k else 0.0
        fixed = {} if k else {0: np.float32(0)}
        c = rounded(lambda u: f(start + u) - (0 if k else u), lambda u: 1 / f(start + u) if k or u else mp.mpf(0), k / 4 - start, k / 4 + 0.25 - start, 6, fixed, 50)
        starts[k] = bits(start)
        for p in range(7):
            rows[p][k] = bits(c[p])
    for r in rows:
        print(name, ", ".join(f"0x{b:08x}" for b in r))
    print(name, "starts", ", ".join(f"0x{b:08x}" for b in starts))


half = float(mp.log(2) / 2) * 1.001
show("expSlope", lambda r: (mp.expm1(r) - r) / r**2, lambda r: r * r / mp.e**r, -half, half, 4)
show("expm1", lambda r: (mp.expm1(r) - r) / r**2, lambda r: r * r / abs(mp.expm1(r)), -half, half, 4)
show("log", lambda x: (mp.log1p(x) - x + x * x / 2) / x**3, lambda x: abs(x**3 / mp.log1p(x)),
     float(mp.sqrt(0.5) - 1), float(mp.sqrt(2) - 1), 8)
show("log1p", lambda x: (mp.log1p(x) - x) / x**2, lambda x: x * x / mp.log1p(x), 0.0, 1.0, 9)


def mills(t):
    return mp.erfc(t / mp.sqrt(2)) * mp.e ** (t * t / 2) / 2


phi0 = 1 / mp.sqrt(2 * mp.pi)
table("geluTable", lambda t: t * mills(t), lambda t: 1 / (t * mills(t)))
table("geluGradTable", lambda t: mills(t) - t * phi0, lambda t: 1 / (mills(t) + t * phi0))
quarters("erfTable", mp.erf)


def root(q):
    return mp.sqrt(q)


# Beyond π/4 by what the rounding of n costs for |x| ≤ 2¹⁷.
show("sin", lambda q: (mp.sin(root(q)) - root(q)) / root(q) ** 3, lambda q: root(q) ** 3 / mp.sin(root(q)), 1e-6, 0.81**2, 3)
show("cos", lambda q: (mp.cos(root(q)) - 1 + q / 2) / q**2, lambda q: q * q / mp.cos(root(q)), 1e-6, 0.81**2, 2)


def parts(name, x, n, high=0xFFFFFFFF):
    """x as n float32s; of the first only the bits of high count."""
    for k in range(n):
        b = bits(x) & (high if k == 0 else 0xFFFFFFFF)
        print(name, f"0x{b:08x}")
        x -= mp.mpf(unbits(b))


parts("pi/2", mp.pi / 2, 3)
parts("log2e", 1 / mp.log(2), 2)
parts("log10e", 1 / mp.log(10), 2)
parts("lg2", mp.log10(2), 2, 0xFFFFFF00)

show("atan", lambda q: (mp.atan(root(q)) - root(q)) / root(q) ** 3, lambda q: root(q) ** 3 / mp.atan(root(q)), 1e-6, 1.0, 8)
show("asin", lambda q: (mp.asin(root(q)) - root(q)) / root(q) ** 3, lambda q: root(q) ** 3 / mp.asin(root(q)), 1e-6, 0.25, 4)

# pow's are in float64, highest first: log₂((1 + s)/(1 - s))/s by s² up to the root of ½ and of 2, and 2ʳ. Chebyshev's interpolation is
# near enough to the best one where the result is rounded to float32.
print("powWide", [float(c) for c in mp.chebyfit(lambda q: 2 / mp.log(2) * (mp.atanh(root(q)) / root(q) if q else 1), [0, 0.02945], 6)])
print("exp2Wide", [float(c) for c in mp.chebyfit(lambda r: mp.mpf(2) ** r, [-0.5, 0.5], 9)])
