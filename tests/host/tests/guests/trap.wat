;; Fails on every request.
(module
  (memory (export "memory") 1)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) unreachable)
  (func (export "wasi:http/handler@0.3.0#handle") (param i32) (result i32) unreachable))
