//! Events: every callback of the document comes out typed, and nothing that anybody sends does any harm.

mod allow_list;
mod hostile;
mod media;
mod typed;
