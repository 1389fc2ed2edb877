//! Chains of views between an iteration space and a node.
//!
//! Lowering walks from the end of a pipeline down to its sources. On the way it meets slices, transposes, broadcasts
//! and reshapes; a chain is what has been met so far. Elementwise nodes hand their chain on to their inputs, so views
//! reach the sources, where they become arithmetic on offsets and strides.

use numtile_core::{Layout, Result, Shape};

use crate::expr::view::View;

/// One link, from the outer space towards the node.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Link {
    /// An affine view whose outer side has this shape.
    View(View, Shape),
    /// A reshape.
    Reshape {
        /// The shape on the outer side.
        to: Shape,
        /// The shape on the node's side.
        from: Shape,
    },
}

/// The links between an iteration space and a node, outermost first. Neighbours that can be one link are one.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Chain {
    links: Vec<Link>,
}

impl Chain {
    /// The links, outermost first.
    pub fn links(&self) -> &[Link] {
        &self.links
    }

    /// The chain extended by a view of a node; `outer` is the view's own shape.
    pub fn view(&self, view: &View, outer: &[usize], inner: &[usize]) -> Chain {
        let mut links = self.links.clone();
        let (view, outer) = match links.pop() {
            Some(Link::View(last, shape)) => (view.then(&last), shape),
            Some(other) => {
                links.push(other);
                (view.clone(), outer.into())
            }
            None => (view.clone(), outer.into()),
        };
        if !(view.is_identity() && outer.as_slice() == inner) {
            links.push(Link::View(view, outer));
        }
        Chain { links }
    }

    /// The chain extended by right-aligned broadcasting of a node to `outer`.
    pub fn broadcast(&self, outer: &[usize], inner: &[usize]) -> Chain {
        if outer == inner {
            return self.clone();
        }
        self.view(&View::broadcast(inner, outer), outer, inner)
    }

    /// The chain extended by a reshape.
    pub fn reshape(&self, to: &[usize], from: &[usize]) -> Chain {
        let mut links = self.links.clone();
        let to: Shape = match links.pop() {
            Some(Link::Reshape { to, .. }) => to,
            Some(other) => {
                links.push(other);
                to.into()
            }
            None => to.into(),
        };
        if to.as_slice() != from {
            links.push(Link::Reshape { to, from: from.into() });
        }
        Chain { links }
    }

    /// The single view that the chain amounts to over a node of shape `inner`; `None` when it reshapes.
    pub fn as_view(&self, inner: &[usize]) -> Option<View> {
        match self.links.as_slice() {
            [] => Some(View::identity(inner.len())),
            [Link::View(view, _)] => Some(view.clone()),
            _ => None,
        }
    }

    /// The shape of the iteration space; `None` when the chain is empty, and the node's own shape is.
    pub fn outer_shape(&self) -> Option<&[usize]> {
        self.links.first().map(|link| match link {
            Link::View(_, outer) => outer.as_slice(),
            Link::Reshape { to, .. } => to.as_slice(),
        })
    }

    /// The layout, in the iteration space, of a node that lies at `layout`; `None` when strides cannot say it.
    pub fn fold(&self, layout: &Layout) -> Result<Option<Layout>> {
        let mut folded = layout.clone();
        for link in self.links.iter().rev() {
            folded = match link {
                Link::View(view, outer) => view.layout(&folded, outer),
                Link::Reshape { to, .. } => match folded.reshape(to)? {
                    Some(folded) => folded,
                    None => return Ok(None),
                },
            };
        }
        Ok(Some(folded))
    }

    /// The chain cut at its outermost reshape: the view outside it, its two shapes, and the rest inside.
    pub fn split_at_reshape(&self) -> Option<(Option<View>, Shape, Shape, Chain)> {
        let at = self.links.iter().position(|link| matches!(link, Link::Reshape { .. }))?;
        let Link::Reshape { to, from } = &self.links[at] else { return None };
        let outside = match self.links[..at].last() {
            Some(Link::View(view, _)) => Some(view.clone()),
            _ => None,
        };
        Some((outside, to.clone(), from.clone(), Chain { links: self.links[at + 1..].to_vec() }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expr::view::Move;

    #[test]
    fn neighbours_merge_and_cancel() {
        let back = Move { axis: 0, along: 0, step: -1 };
        let flip = View { start: [3].as_slice().into(), ndim: 1, moves: [back].as_slice().into() };
        let chain = Chain::default().view(&flip, &[4], &[4]).view(&flip, &[4], &[4]);
        assert!(chain.links().is_empty());
        let chain = Chain::default().reshape(&[4], &[2, 2]).reshape(&[2, 2], &[4]);
        assert!(chain.links().is_empty());
    }

    #[test]
    fn folding_reaches_strides() {
        let layout = Layout::c_order(0, &[4, 6], 8);
        let across = [Move { axis: 0, along: 1, step: 1 }, Move { axis: 1, along: 0, step: 1 }];
        let t = View { start: [0, 0].as_slice().into(), ndim: 2, moves: across.as_slice().into() };
        let transposed = Chain::default().view(&t, &[6, 4], &[4, 6]);
        assert_eq!(transposed.fold(&layout).unwrap().unwrap().strides.as_slice(), [8, 48]);
        let flattened = Chain::default().reshape(&[24], &[6, 4]).view(&t, &[6, 4], &[4, 6]);
        assert!(flattened.fold(&layout).unwrap().is_none());
        assert!(flattened.split_at_reshape().is_some());
    }
}
