//! The functions as recipes: written down once by an instance of `Lanes` that computes nothing, then carried out one
//! operation at a time, they give the bits of the compiled ones. This is how a compiler of programs takes them in.
//!
//! With `--nocapture` the number of operations of each function is printed.

#![allow(clippy::panic)]

mod common;

use std::cell::RefCell;
use std::marker::PhantomData;
use std::ops::{Add, BitAnd, BitOr, BitXor, Div, Mul, Neg, Not, Sub};

use common::draws::Draws;
use common::{best, map, map_pairs};
use numtile_math::elementary::*;
use numtile_math::functions::{self, BinaryFunction, UnaryFunction};
use numtile_math::lanes::{Lanes, Real, Words};
use numtile_math::simd::Element;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Op {
    Argument,
    Constant(u64),
    Add,
    Sub,
    Mul,
    Div,
    Neg,
    MulAdd,
    MulSub,
    NegMulAdd,
    Sqrt,
    Lesser,
    Greater,
    Lt,
    Le,
    Eq,
    Select,
    Abs,
    Sign,
    And,
    Or,
    Xor,
    Not,
    WordAdd,
    WordSub,
    Halved,
    ToExponent,
    ExponentBits,
    ToSign,
}

/// An operation and the values it takes, by their places in the recipe.
type Step = (Op, [usize; 3]);
type Recipe = RefCell<Vec<Step>>;

/// A value, bits or a mask of the recipe being written.
struct Node<'a, R> {
    recipe: &'a Recipe,
    place: usize,
    real: PhantomData<R>,
}

impl<R> Clone for Node<'_, R> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<R> Copy for Node<'_, R> {}

impl<'a, R> Node<'a, R> {
    /// A new step, or the same one from before.
    fn step(recipe: &'a Recipe, step: Step) -> Self {
        let mut steps = recipe.borrow_mut();
        let found = if step.0 == Op::Argument { None } else { steps.iter().position(|&s| s == step) };
        let place = found.unwrap_or_else(|| {
            steps.push(step);
            steps.len() - 1
        });
        Node { recipe, place, real: PhantomData }
    }

    fn one(self, op: Op) -> Self {
        Node::step(self.recipe, (op, [self.place, 0, 0]))
    }

    fn two(self, op: Op, b: Self) -> Self {
        Node::step(self.recipe, (op, [self.place, b.place, 0]))
    }

    fn three(self, op: Op, b: Self, c: Self) -> Self {
        Node::step(self.recipe, (op, [self.place, b.place, c.place]))
    }
}

/// A vector of the recipe, a vector of bits, a mask.
#[derive(Clone, Copy)]
struct Value<N>(N);
#[derive(Clone, Copy)]
struct Bits<N>(N);
#[derive(Clone, Copy)]
struct Truth<N>(N);

macro_rules! operators {
    ($($type:ident: $trait:ident $method:ident $op:ident;)*) => {$(
        impl<R> $trait for $type<Node<'_, R>> {
            type Output = Self;
            fn $method(self, other: Self) -> Self {
                $type(self.0.two(Op::$op, other.0))
            }
        }
    )*};
}

operators! {
    Value: Add add Add;
    Value: Sub sub Sub;
    Value: Mul mul Mul;
    Value: Div div Div;
    Bits: Add add WordAdd;
    Bits: Sub sub WordSub;
    Bits: BitAnd bitand And;
    Bits: BitOr bitor Or;
    Bits: BitXor bitxor Xor;
    Truth: BitAnd bitand And;
    Truth: BitOr bitor Or;
}

impl<R> Neg for Value<Node<'_, R>> {
    type Output = Self;
    fn neg(self) -> Self {
        Value(self.0.one(Op::Neg))
    }
}

impl<R> Not for Truth<Node<'_, R>> {
    type Output = Self;
    fn not(self) -> Self {
        Truth(self.0.one(Op::Not))
    }
}

impl<'a, R: Real> Lanes for Value<Node<'a, R>> {
    type Real = R;
    type Words = Bits<Node<'a, R>>;
    type Mask = Truth<Node<'a, R>>;

    fn splat(self, value: R) -> Self {
        Value(self.splat_word(value.bits()).0)
    }
    fn splat_word(self, value: u64) -> Self::Words {
        Bits(Node::step(self.0.recipe, (Op::Constant(value), [0; 3])))
    }
    fn mul_add(self, b: Self, c: Self) -> Self {
        Value(self.0.three(Op::MulAdd, b.0, c.0))
    }
    fn mul_sub(self, b: Self, c: Self) -> Self {
        Value(self.0.three(Op::MulSub, b.0, c.0))
    }
    fn neg_mul_add(self, b: Self, c: Self) -> Self {
        Value(self.0.three(Op::NegMulAdd, b.0, c.0))
    }
    fn sqrt(self) -> Self {
        Value(self.0.one(Op::Sqrt))
    }
    fn lesser(self, other: Self) -> Self {
        Value(self.0.two(Op::Lesser, other.0))
    }
    fn greater(self, other: Self) -> Self {
        Value(self.0.two(Op::Greater, other.0))
    }
    fn lt(self, other: Self) -> Self::Mask {
        Truth(self.0.two(Op::Lt, other.0))
    }
    fn le(self, other: Self) -> Self::Mask {
        Truth(self.0.two(Op::Le, other.0))
    }
    fn eq(self, other: Self) -> Self::Mask {
        Truth(self.0.two(Op::Eq, other.0))
    }
    fn select(mask: Self::Mask, yes: Self, no: Self) -> Self {
        Value(mask.0.three(Op::Select, yes.0, no.0))
    }
    fn to_words(self) -> Self::Words {
        Bits(self.0)
    }
    fn from_words(words: Self::Words) -> Self {
        Value(words.0)
    }
    fn abs(self) -> Self {
        Value(self.0.one(Op::Abs))
    }
    fn sign(self) -> Self::Words {
        Bits(self.0.one(Op::Sign))
    }
}

impl<R> Words for Bits<Node<'_, R>> {
    fn halved(self) -> Self {
        Bits(self.0.one(Op::Halved))
    }
    fn to_exponent(self) -> Self {
        Bits(self.0.one(Op::ToExponent))
    }
    fn exponent_bits(self) -> Self {
        Bits(self.0.one(Op::ExponentBits))
    }
    fn to_sign(self) -> Self {
        Bits(self.0.one(Op::ToSign))
    }
}

/// A float type as a recipe is carried out in it.
trait Carried: Element {
    fn number(bits: u64) -> Self;
    fn float(op: Op, a: Self, b: Self, c: Self) -> Self;
    const SIZE: u32;
}

macro_rules! carried {
    ($float:ident, $word:ident) => {
        impl Carried for $float {
            const SIZE: u32 = $word::BITS;
            fn number(bits: u64) -> $float {
                $float::from_bits(bits as $word)
            }
            fn float(op: Op, a: $float, b: $float, c: $float) -> $float {
                match op {
                    Op::Add => a + b,
                    Op::Sub => a - b,
                    Op::Mul => a * b,
                    Op::Div => a / b,
                    Op::Neg => -a,
                    Op::MulAdd => a.mul_add(b, c),
                    Op::MulSub => a.mul_add(b, -c),
                    Op::NegMulAdd => (-a).mul_add(b, c),
                    Op::Sqrt => a.sqrt(),
                    Op::Lesser => {
                        if a < b {
                            a
                        } else {
                            b
                        }
                    }
                    Op::Greater => {
                        if a > b {
                            a
                        } else {
                            b
                        }
                    }
                    Op::Abs => a.abs(),
                    _ => panic!("{op:?}"),
                }
            }
        }
    };
}

carried!(f64, u64);
carried!(f32, u32);

/// One operation, on bits; masks are 0 and 1.
fn carry_out<R: Carried>(op: Op, [a, b, c]: [u64; 3]) -> u64 {
    let (x, y, z) = (R::number(a), R::number(b), R::number(c));
    let keep = |bits: u64| if R::SIZE == 32 { bits & 0xffff_ffff } else { bits };
    let (mantissa, top) = (R::MANTISSA, R::SIZE - 1);
    match op {
        Op::Lt => u64::from(x < y),
        Op::Le => u64::from(x <= y),
        Op::Eq => u64::from(x == y),
        Op::Select => {
            if a != 0 {
                b
            } else {
                c
            }
        }
        Op::Sign => a & 1 << top,
        Op::And => a & b,
        Op::Or => a | b,
        Op::Xor => a ^ b,
        Op::Not => 1 - a,
        Op::WordAdd => keep(a.wrapping_add(b)),
        Op::WordSub => keep(a.wrapping_sub(b)),
        Op::Halved => a >> 1,
        Op::ToExponent => keep(a << mantissa),
        Op::ExponentBits => a >> mantissa,
        Op::ToSign => keep(a << top),
        _ => R::float(op, x, y, z).bits(),
    }
}

fn run<R: Carried>(steps: &[Step], arguments: &[R]) -> R {
    let mut arguments = arguments.iter();
    let mut values: Vec<u64> = Vec::with_capacity(steps.len());
    for &(op, places) in steps {
        values.push(match op {
            Op::Argument => arguments.next().map_or(0, |x| x.bits()),
            Op::Constant(bits) => bits & (u64::MAX >> (64 - R::SIZE)),
            _ => carry_out::<R>(op, places.map(|place| values.get(place).copied().unwrap_or(0))),
        });
    }
    R::number(values.last().copied().unwrap_or(0))
}

/// The recipe of a function, its result last.
fn record<R: Carried>(count: usize, apply: impl Fn(&[Value<Node<R>>]) -> usize) -> Vec<Step> {
    let recipe = Recipe::default();
    let arguments: Vec<_> = (0..count).map(|_| Value(Node::step(&recipe, (Op::Argument, [0; 3])))).collect();
    let last = apply(&arguments);
    let mut steps = recipe.borrow().clone();
    // The result may be a step from before.
    steps.push((Op::Or, [last, last, 0]));
    steps
}

fn operations(steps: &[Step]) -> usize {
    steps.iter().filter(|(op, _)| !matches!(op, Op::Argument | Op::Constant(_))).count() - 1
}

const POINTS: usize = 3_000;

fn assert_same<R: Carried>(name: &str, steps: &[Step], cases: impl Iterator<Item = (Vec<R>, R)>) {
    println!("{name:10} {:2} bits: {:3} operations", R::SIZE, operations(steps));
    for (arguments, want) in cases {
        let got = run(steps, &arguments);
        let same = got.bits() == want.bits() || got.to_f64().is_nan() && want.to_f64().is_nan();
        assert!(same, "{name}({arguments:?}): {got:?}, compiled {want:?}");
    }
}

fn check_unary<F: Unary, R: Carried>(function: &UnaryFunction, draw: fn(&mut Draws, &str) -> R) {
    let steps = record::<R>(1, |x| F::apply(x[0]).0.place);
    // Straight-line code does not reduce huge angles.
    let everywhere = F::beyond(Value(Node::<R>::step(&Recipe::default(), (Op::Argument, [0; 3])))).is_none();
    let limit = if everywhere { f64::INFINITY } else { R::TRIGONOMETRIC_LIMIT.to_f64() };
    let mut draws = Draws::new(4);
    let x: Vec<R> =
        (0..POINTS).map(|_| draw(&mut draws, function.name)).filter(|x| x.to_f64().abs() <= limit).collect();
    let want = map(function.over::<R>(), best(), &x);
    assert_same(function.name, &steps, x.into_iter().map(|x| vec![x]).zip(want));
}

fn check_binary<F: Binary, R: Carried>(function: &BinaryFunction, draw: fn(&mut Draws, &str) -> (R, R)) {
    let steps = record::<R>(2, |x| F::apply(x[0], x[1]).0.place);
    let mut draws = Draws::new(4);
    let (x, y): (Vec<R>, Vec<R>) = (0..POINTS).map(|_| draw(&mut draws, function.name)).unzip();
    let want = map_pairs(function.over::<R>(), best(), &x, &y);
    assert_same(function.name, &steps, x.into_iter().zip(y).map(|(x, y)| vec![x, y]).zip(want));
}

macro_rules! in_both_types {
    ($check:ident, $draw64:ident, $draw32:ident: $($function:ident $table:ident),*) => {
        $(
            $check::<$function, f64>(&functions::$table, Draws::$draw64);
            $check::<$function, f32>(&functions::$table, Draws::$draw32);
        )*
    };
}

#[test]
fn functions_of_one_number() {
    in_both_types! { check_unary, argument, argument32:
        Exp EXP, Exp2 EXP2, Expm1 EXPM1, Log LOG, Log2 LOG2, Log10 LOG10, Log1p LOG1P, Sin SIN, Cos COS, Tan TAN,
        Arcsin ARCSIN, Arccos ARCCOS, Arctan ARCTAN, Sinh SINH, Cosh COSH, Tanh TANH, Arcsinh ARCSINH,
        Arccosh ARCCOSH, Arctanh ARCTANH, Cbrt CBRT
    }
}

#[test]
fn functions_of_two_numbers() {
    in_both_types! { check_binary, arguments, arguments32:
        Arctan2 ARCTAN2, Hypot HYPOT, Pow POWER, Logaddexp LOGADDEXP, Logaddexp2 LOGADDEXP2
    }
}
