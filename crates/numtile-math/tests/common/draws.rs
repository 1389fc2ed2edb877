//! Random numbers for tests.
#![allow(dead_code)]

use numtile_math::half;

/// Numbers drawn by SplitMix64 (Steele, Lea and Flood, 2014).
pub struct Draws(u64);

impl Draws {
    pub fn new(seed: u64) -> Draws {
        Draws(seed)
    }

    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }

    pub fn below(&mut self, end: u64) -> u64 {
        self.bits() % end
    }

    /// Any bits.
    pub fn any_f64(&mut self) -> f64 {
        f64::from_bits(self.bits())
    }

    /// Any bits.
    pub fn any_f32(&mut self) -> f32 {
        f32::from_bits(self.bits() as u32)
    }
}

impl Draws {
    /// Uniform in [0, 1).
    pub fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Uniform in [low, high).
    pub fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    /// An ordinary argument of a function.
    pub fn in_domain(&mut self, name: &str) -> f64 {
        match name {
            "log" | "log2" | "log10" | "power" => self.between(0.01, 20.0),
            "log1p" => self.between(-0.9, 20.0),
            "arcsin" | "arccos" | "arctanh" => self.between(-0.999, 0.999),
            "arccosh" => self.between(1.0, 20.0),
            _ => self.between(-10.0, 10.0),
        }
    }
}

/// Where functions change their method or their sign, and what rounding makes hard.
const LANDMARKS: [f64; 24] = [
    1.0,
    0.5,
    2.0,
    0.25,
    4.0,
    std::f64::consts::FRAC_1_SQRT_2,
    std::f64::consts::SQRT_2,
    std::f64::consts::LN_2,
    std::f64::consts::LN_2 * 0.5,
    std::f64::consts::FRAC_PI_2,
    std::f64::consts::FRAC_PI_4,
    std::f64::consts::PI,
    0.41421356237309503,
    2.414213562373095,
    std::f64::consts::E,
    10.0,
    20.0,
    88.7,
    104.0,
    709.78,
    745.13,
    131_072.0,
    1_073_741_824.0,
    1_099_511_627_776.0,
];

impl Draws {
    /// An argument for which a function has a finite value, not 0: ordinary ones, tiny and huge ones, and neighbours of
    /// landmarks and their multiples.
    pub fn argument(&mut self, name: &str) -> f64 {
        loop {
            let x = self.candidate();
            if x != 0.0 && is_in_domain(name, x) {
                return x;
            }
        }
    }

    /// The same, as float32.
    pub fn argument32(&mut self, name: &str) -> f32 {
        loop {
            let x = if self.below(4) == 0 { self.any_f32() } else { self.candidate() as f32 };
            if x != 0.0 && is_in_domain(name, f64::from(x)) {
                return x;
            }
        }
    }

    /// Two arguments.
    pub fn arguments(&mut self, name: &str) -> (f64, f64) {
        loop {
            let (x, y) = self.pair(name);
            if x != 0.0 && y != 0.0 && are_in_domain(name, x, y) {
                return (x, y);
            }
        }
    }

    /// Two arguments, as float32.
    pub fn arguments32(&mut self, name: &str) -> (f32, f32) {
        loop {
            let (x, y) = self.pair(name);
            let (x, y) = if self.below(4) == 0 { (self.any_f32(), self.any_f32()) } else { (x as f32, y as f32) };
            if x != 0.0 && y != 0.0 && are_in_domain(name, f64::from(x), f64::from(y)) {
                return (x, y);
            }
        }
    }

    /// Two arguments, as the bits of float16.
    pub fn arguments16(&mut self, name: &str) -> (u16, u16) {
        loop {
            let (x, y) = self.pair(name);
            let (x, y) = if self.below(2) == 0 {
                (self.bits() as u16, self.bits() as u16)
            } else {
                (half::from_f64(x), half::from_f64(y))
            };
            let (wide_x, wide_y) = (half::to_f64(x), half::to_f64(y));
            if wide_x != 0.0 && wide_y != 0.0 && are_in_domain(name, wide_x, wide_y) {
                return (x, y);
            }
        }
    }

    fn candidate(&mut self) -> f64 {
        let sign = if self.below(2) == 0 { 1.0 } else { -1.0 };
        match self.below(6) {
            0 => self.any_f64(),
            1 => self.between(-1.0, 1.0),
            2 => self.between(-800.0, 800.0),
            3 => sign * self.between(1.0, 2.0) * (2f64).powi(self.below(80) as i32 - 60),
            4 => {
                let landmark = LANDMARKS[self.below(24) as usize];
                sign * landmark * (1.0 + self.between(-1.0, 1.0) * (2f64).powi(-(self.below(53) as i32)))
            }
            _ => {
                let landmark = LANDMARKS[self.below(24) as usize] * (1 + self.below(200)) as f64;
                sign * f64::from_bits(landmark.to_bits().wrapping_add(self.below(5)).wrapping_sub(2))
            }
        }
    }

    fn pair(&mut self, name: &str) -> (f64, f64) {
        let x = self.candidate();
        match (name, self.below(3)) {
            // Of similar size.
            (_, 0) => (x, x * self.between(-1.0, 1.0) * (2f64).powi(self.below(60) as i32 - 30)),
            // Powers across the whole range, also of bases near 1.
            ("power", 1) => (x, self.between(-1100.0, 1100.0) / x.abs().log2()),
            // Logarithms of two numbers whose sum is about 1.
            ("logaddexp", 1) => {
                let share = self.unit();
                (share.ln(), (-share).ln_1p())
            }
            ("logaddexp2", 1) => {
                let share = self.unit();
                (share.log2(), (1.0 - share).log2())
            }
            _ => (x, self.candidate()),
        }
    }
}

fn is_in_domain(name: &str, x: f64) -> bool {
    x.is_finite()
        && match name {
            "exp" | "expm1" => (-760.0..=710.0).contains(&x),
            "exp2" => (-1090.0..=1025.0).contains(&x),
            "log" | "log2" | "log10" => x > 0.0,
            "log1p" => x > -1.0,
            "arcsin" | "arccos" => x.abs() <= 1.0,
            "arctanh" => x.abs() < 1.0,
            "arccosh" => x >= 1.0,
            "sinh" | "cosh" => x.abs() <= 711.0,
            _ => true,
        }
}

fn are_in_domain(name: &str, x: f64, y: f64) -> bool {
    x.is_finite()
        && y.is_finite()
        && match name {
            "power" => (x > 0.0 || y == y.trunc()) && (x.abs().log2() * y).abs() < 1200.0,
            _ => true,
        }
}
