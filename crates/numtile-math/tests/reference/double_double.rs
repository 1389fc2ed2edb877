//! Numbers of about 106 bits as sums of two doubles (Dekker 1971; Joldes, Muller and Popescu, "Tight and rigorous error
//! bounds for basic building blocks of double-word arithmetic", 2017).

use std::ops::{Add, Div, Mul, Neg, Sub};

#[derive(Clone, Copy, Debug)]
pub struct Dd(pub f64, pub f64);

pub const LN_2: Dd = Dd(std::f64::consts::LN_2, 2.3190468138462996e-17);
pub const LN_10: Dd = Dd(std::f64::consts::LN_10, -2.1707562233822494e-16);
pub const PI: Dd = Dd(std::f64::consts::PI, 1.2246467991473532e-16);

fn two_sum(a: f64, b: f64) -> Dd {
    let s = a + b;
    let t = s - a;
    Dd(s, (a - (s - t)) + (b - t))
}

fn fast(a: f64, b: f64) -> Dd {
    let s = a + b;
    Dd(s, b - (s - a))
}

impl Dd {
    /// `a + b` exactly.
    pub fn sum(a: f64, b: f64) -> Dd {
        two_sum(a, b)
    }

    /// `a·b` exactly.
    pub fn product(a: f64, b: f64) -> Dd {
        let p = a * b;
        Dd(p, libm::fma(a, b, -p))
    }

    /// Multiplied by 2^k, exactly unless that underflows.
    pub fn scaled(self, k: i32) -> Dd {
        Dd(libm::scalbn(self.0, k), libm::scalbn(self.1, k))
    }

    pub fn sqrt(self) -> Dd {
        if self.0 == 0.0 {
            return self;
        }
        let root = self.0.sqrt();
        let rest = self - Dd::product(root, root);
        fast(root, rest.0 / (2.0 * root))
    }

    pub fn abs(self) -> Dd {
        if self.0 < 0.0 { -self } else { self }
    }
}

impl From<f64> for Dd {
    fn from(x: f64) -> Dd {
        Dd(x, 0.0)
    }
}

impl Neg for Dd {
    type Output = Dd;
    fn neg(self) -> Dd {
        Dd(-self.0, -self.1)
    }
}

impl Add for Dd {
    type Output = Dd;
    fn add(self, other: Dd) -> Dd {
        let (high, low) = (two_sum(self.0, other.0), two_sum(self.1, other.1));
        let sum = fast(high.0, high.1 + low.0);
        fast(sum.0, sum.1 + low.1)
    }
}

impl Sub for Dd {
    type Output = Dd;
    fn sub(self, other: Dd) -> Dd {
        self + -other
    }
}

impl Mul for Dd {
    type Output = Dd;
    fn mul(self, other: Dd) -> Dd {
        let p = Dd::product(self.0, other.0);
        fast(p.0, p.1 + libm::fma(self.0, other.1, self.1 * other.0))
    }
}

impl Div for Dd {
    type Output = Dd;
    fn div(self, other: Dd) -> Dd {
        let first = self.0 / other.0;
        let rest = self - other * Dd(first, 0.0);
        let second = rest.0 / other.0;
        let rest = rest - other * Dd(second, 0.0);
        fast(first, second) + Dd(rest.0 / other.0, 0.0)
    }
}

impl Add<f64> for Dd {
    type Output = Dd;
    fn add(self, other: f64) -> Dd {
        self + Dd(other, 0.0)
    }
}

impl Mul<f64> for Dd {
    type Output = Dd;
    fn mul(self, other: f64) -> Dd {
        self * Dd(other, 0.0)
    }
}

impl Div<f64> for Dd {
    type Output = Dd;
    fn div(self, other: f64) -> Dd {
        self / Dd(other, 0.0)
    }
}
