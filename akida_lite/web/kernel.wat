;; Adds one row of weights for each event, which is all that a layer does between its input
;; and its thresholds. A zero has no event and costs nothing.
;;
;; An event is two 32-bit integers: where its row starts, in bytes behind $rows, and its
;; level. A row is 64 weights of 8 bits; a wider layer has one block of rows for each 64 of
;; its filters, $stride bytes apart. The sums of one output position are 32-bit integers,
;; 64 for each block, one block behind the other.
(module
  (memory (export "memory") 1)

  ;; A product of weight and level must fit in 16 bits, as must the sum of $run products:
  ;; so many events are added up in 16 bits, eight to a register, before the sums widen.
  (func (export "add")
    (param $events i32) (param $count i32) (param $rows i32) (param $stride i32)
    (param $sums i32) (param $blocks i32) (param $run i32)
    (local $event i32) (local $stop i32) (local $end i32) (local $row i32)
    (local $level v128)
    (local $a v128) (local $b v128) (local $c v128) (local $d v128)
    (local $e v128) (local $f v128) (local $g v128) (local $h v128)
    (local.set $end (i32.add (local.get $events) (i32.shl (local.get $count) (i32.const 3))))
    (local.set $run (i32.shl (local.get $run) (i32.const 3)))
    (loop $block
      (local.set $event (local.get $events))
      (loop $chunk
        (local.set $stop (i32.add (local.get $event) (local.get $run)))
        (if (i32.gt_u (local.get $stop) (local.get $end))
          (then (local.set $stop (local.get $end))))
        (local.set $a (v128.const i64x2 0 0)) (local.set $b (v128.const i64x2 0 0))
        (local.set $c (v128.const i64x2 0 0)) (local.set $d (v128.const i64x2 0 0))
        (local.set $e (v128.const i64x2 0 0)) (local.set $f (v128.const i64x2 0 0))
        (local.set $g (v128.const i64x2 0 0)) (local.set $h (v128.const i64x2 0 0))
        (loop $next
          (local.set $row (i32.add (local.get $rows) (i32.load (local.get $event))))
          (local.set $level (v128.load16_splat offset=4 (local.get $event)))
          (local.set $a (i16x8.add (local.get $a) (i16x8.mul (local.get $level)
            (v128.load8x8_s (local.get $row)))))
          (local.set $b (i16x8.add (local.get $b) (i16x8.mul (local.get $level)
            (v128.load8x8_s offset=8 (local.get $row)))))
          (local.set $c (i16x8.add (local.get $c) (i16x8.mul (local.get $level)
            (v128.load8x8_s offset=16 (local.get $row)))))
          (local.set $d (i16x8.add (local.get $d) (i16x8.mul (local.get $level)
            (v128.load8x8_s offset=24 (local.get $row)))))
          (local.set $e (i16x8.add (local.get $e) (i16x8.mul (local.get $level)
            (v128.load8x8_s offset=32 (local.get $row)))))
          (local.set $f (i16x8.add (local.get $f) (i16x8.mul (local.get $level)
            (v128.load8x8_s offset=40 (local.get $row)))))
          (local.set $g (i16x8.add (local.get $g) (i16x8.mul (local.get $level)
            (v128.load8x8_s offset=48 (local.get $row)))))
          (local.set $h (i16x8.add (local.get $h) (i16x8.mul (local.get $level)
            (v128.load8x8_s offset=56 (local.get $row)))))
          (local.set $event (i32.add (local.get $event) (i32.const 8)))
          (br_if $next (i32.lt_u (local.get $event) (local.get $stop))))
        (call $widen (local.get $sums) (local.get $a))
        (call $widen (i32.add (local.get $sums) (i32.const 32)) (local.get $b))
        (call $widen (i32.add (local.get $sums) (i32.const 64)) (local.get $c))
        (call $widen (i32.add (local.get $sums) (i32.const 96)) (local.get $d))
        (call $widen (i32.add (local.get $sums) (i32.const 128)) (local.get $e))
        (call $widen (i32.add (local.get $sums) (i32.const 160)) (local.get $f))
        (call $widen (i32.add (local.get $sums) (i32.const 192)) (local.get $g))
        (call $widen (i32.add (local.get $sums) (i32.const 224)) (local.get $h))
        (br_if $chunk (i32.lt_u (local.get $event) (local.get $end))))
      (local.set $rows (i32.add (local.get $rows) (local.get $stride)))
      (local.set $sums (i32.add (local.get $sums) (i32.const 256)))
      (br_if $block (local.tee $blocks (i32.sub (local.get $blocks) (i32.const 1))))))

  ;; The same for levels of up to 16 bits: two events at a time, in 32 bits from the start,
  ;; and a half of a block at a time, which is what registers hold.
  (func (export "add_pairs")
    (param $events i32) (param $count i32) (param $rows i32) (param $stride i32)
    (param $sums i32) (param $blocks i32)
    (local $event i32) (local $end i32) (local $row i32) (local $other i32) (local $half i32)
    (local $levels v128) (local $one v128) (local $two v128)
    (local $a v128) (local $b v128) (local $c v128) (local $d v128)
    (local $e v128) (local $f v128) (local $g v128) (local $h v128)
    (local.set $end (i32.add (local.get $events) (i32.shl (local.get $count) (i32.const 3))))
    (loop $block
      (local.set $event (local.get $events))
      (local.set $a (v128.load (local.get $sums)))
      (local.set $b (v128.load offset=16 (local.get $sums)))
      (local.set $c (v128.load offset=32 (local.get $sums)))
      (local.set $d (v128.load offset=48 (local.get $sums)))
      (local.set $e (v128.load offset=64 (local.get $sums)))
      (local.set $f (v128.load offset=80 (local.get $sums)))
      (local.set $g (v128.load offset=96 (local.get $sums)))
      (local.set $h (v128.load offset=112 (local.get $sums)))
      (loop $next
        (local.set $row (i32.add (local.get $rows) (i32.load (local.get $event))))
        (if (i32.lt_u (i32.add (local.get $event) (i32.const 8)) (local.get $end))
          (then
            (local.set $other
              (i32.add (local.get $rows) (i32.load offset=8 (local.get $event))))
            (local.set $levels (i32x4.splat (i32.or
              (i32.load16_u offset=4 (local.get $event))
              (i32.shl (i32.load offset=12 (local.get $event)) (i32.const 16))))))
          (else ;; the last of an odd number has no partner
            (local.set $other (local.get $row))
            (local.set $levels
              (i32x4.splat (i32.load16_u offset=4 (local.get $event))))))
        (local.set $one (v128.load8x8_s (local.get $row)))
        (local.set $two (v128.load8x8_s (local.get $other)))
        (local.set $a (i32x4.add (local.get $a) (i32x4.dot_i16x8_s (local.get $levels)
          (i8x16.shuffle 0 1 16 17 2 3 18 19 4 5 20 21 6 7 22 23
            (local.get $one) (local.get $two)))))
        (local.set $b (i32x4.add (local.get $b) (i32x4.dot_i16x8_s (local.get $levels)
          (i8x16.shuffle 8 9 24 25 10 11 26 27 12 13 28 29 14 15 30 31
            (local.get $one) (local.get $two)))))
        (local.set $one (v128.load8x8_s offset=8 (local.get $row)))
        (local.set $two (v128.load8x8_s offset=8 (local.get $other)))
        (local.set $c (i32x4.add (local.get $c) (i32x4.dot_i16x8_s (local.get $levels)
          (i8x16.shuffle 0 1 16 17 2 3 18 19 4 5 20 21 6 7 22 23
            (local.get $one) (local.get $two)))))
        (local.set $d (i32x4.add (local.get $d) (i32x4.dot_i16x8_s (local.get $levels)
          (i8x16.shuffle 8 9 24 25 10 11 26 27 12 13 28 29 14 15 30 31
            (local.get $one) (local.get $two)))))
        (local.set $one (v128.load8x8_s offset=16 (local.get $row)))
        (local.set $two (v128.load8x8_s offset=16 (local.get $other)))
        (local.set $e (i32x4.add (local.get $e) (i32x4.dot_i16x8_s (local.get $levels)
          (i8x16.shuffle 0 1 16 17 2 3 18 19 4 5 20 21 6 7 22 23
            (local.get $one) (local.get $two)))))
        (local.set $f (i32x4.add (local.get $f) (i32x4.dot_i16x8_s (local.get $levels)
          (i8x16.shuffle 8 9 24 25 10 11 26 27 12 13 28 29 14 15 30 31
            (local.get $one) (local.get $two)))))
        (local.set $one (v128.load8x8_s offset=24 (local.get $row)))
        (local.set $two (v128.load8x8_s offset=24 (local.get $other)))
        (local.set $g (i32x4.add (local.get $g) (i32x4.dot_i16x8_s (local.get $levels)
          (i8x16.shuffle 0 1 16 17 2 3 18 19 4 5 20 21 6 7 22 23
            (local.get $one) (local.get $two)))))
        (local.set $h (i32x4.add (local.get $h) (i32x4.dot_i16x8_s (local.get $levels)
          (i8x16.shuffle 8 9 24 25 10 11 26 27 12 13 28 29 14 15 30 31
            (local.get $one) (local.get $two)))))
        (local.set $event (i32.add (local.get $event) (i32.const 16)))
        (br_if $next (i32.lt_u (local.get $event) (local.get $end))))
      (v128.store (local.get $sums) (local.get $a))
      (v128.store offset=16 (local.get $sums) (local.get $b))
      (v128.store offset=32 (local.get $sums) (local.get $c))
      (v128.store offset=48 (local.get $sums) (local.get $d))
      (v128.store offset=64 (local.get $sums) (local.get $e))
      (v128.store offset=80 (local.get $sums) (local.get $f))
      (v128.store offset=96 (local.get $sums) (local.get $g))
      (v128.store offset=112 (local.get $sums) (local.get $h))
      (local.set $sums (i32.add (local.get $sums) (i32.const 128)))
      (local.set $rows (i32.add (local.get $rows) (i32.const 32)))
      (br_if $block (local.tee $half (i32.eqz (local.get $half))))
      (local.set $rows
        (i32.add (local.get $rows) (i32.sub (local.get $stride) (i32.const 64))))
      (br_if $block (local.tee $blocks (i32.sub (local.get $blocks) (i32.const 1))))))

  ;; Writes the events of one position, given its levels as 32-bit integers, and returns
  ;; where the next would go. Every level is written, but only an event is kept: a branch that
  ;; cannot be foreseen would take longer.
  (func (export "list") (param $levels i32) (param $channels i32) (param $at i32) (result i32)
    (local $row i32) (local $level i32) (local $end i32)
    (local.set $end (i32.shl (local.get $channels) (i32.const 6)))
    (loop $next
      (local.set $level (i32.load (local.get $levels)))
      (i32.store (local.get $at) (local.get $row))
      (i32.store offset=4 (local.get $at) (local.get $level))
      (local.set $at (i32.add (local.get $at)
        (i32.shl (i32.ne (local.get $level) (i32.const 0)) (i32.const 3))))
      (local.set $levels (i32.add (local.get $levels) (i32.const 4)))
      (local.set $row (i32.add (local.get $row) (i32.const 64)))
      (br_if $next (i32.lt_u (local.get $row) (local.get $end))))
    (local.get $at))

  ;; Adds to each channel's sum its level times its weight: one position of a depthwise
  ;; kernel, eight channels at a time. Zeros are multiplied too, since there is only one
  ;; weight to skip.
  (func (export "multiply")
    (param $levels i32) (param $weights i32) (param $sums i32) (param $groups i32)
    (loop $next
      (call $widen (local.get $sums) (i16x8.mul
        (v128.load8x8_u (local.get $levels)) (v128.load8x8_s (local.get $weights))))
      (local.set $levels (i32.add (local.get $levels) (i32.const 8)))
      (local.set $weights (i32.add (local.get $weights) (i32.const 8)))
      (local.set $sums (i32.add (local.get $sums) (i32.const 32)))
      (br_if $next (local.tee $groups (i32.sub (local.get $groups) (i32.const 1))))))

  ;; Counts the thresholds below each potential of one position, sixteen filters at a time.
  ;; The thresholds of a level stand together, $step bytes before those of the next.
  (func (export "staircase")
    (param $potentials i32) (param $thresholds i32) (param $step i32) (param $levels i32)
    (param $events i32) (param $groups i32)
    (local $at i32) (local $left i32)
    (local $p v128) (local $q v128) (local $r v128) (local $s v128)
    (local $a v128) (local $b v128) (local $c v128) (local $d v128)
    (loop $group
      (local.set $p (v128.load (local.get $potentials)))
      (local.set $q (v128.load offset=16 (local.get $potentials)))
      (local.set $r (v128.load offset=32 (local.get $potentials)))
      (local.set $s (v128.load offset=48 (local.get $potentials)))
      (local.set $a (v128.const i64x2 0 0)) (local.set $b (v128.const i64x2 0 0))
      (local.set $c (v128.const i64x2 0 0)) (local.set $d (v128.const i64x2 0 0))
      (local.set $at (local.get $thresholds))
      (local.set $left (local.get $levels))
      (loop $level ;; what is true is -1
        (local.set $a (i32x4.sub (local.get $a)
          (i32x4.gt_s (local.get $p) (v128.load (local.get $at)))))
        (local.set $b (i32x4.sub (local.get $b)
          (i32x4.gt_s (local.get $q) (v128.load offset=16 (local.get $at)))))
        (local.set $c (i32x4.sub (local.get $c)
          (i32x4.gt_s (local.get $r) (v128.load offset=32 (local.get $at)))))
        (local.set $d (i32x4.sub (local.get $d)
          (i32x4.gt_s (local.get $s) (v128.load offset=48 (local.get $at)))))
        (local.set $at (i32.add (local.get $at) (local.get $step)))
        (br_if $level (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))
      (v128.store (local.get $events) (i8x16.narrow_i16x8_u
        (i16x8.narrow_i32x4_s (local.get $a) (local.get $b))
        (i16x8.narrow_i32x4_s (local.get $c) (local.get $d))))
      (local.set $potentials (i32.add (local.get $potentials) (i32.const 64)))
      (local.set $thresholds (i32.add (local.get $thresholds) (i32.const 64)))
      (local.set $events (i32.add (local.get $events) (i32.const 16)))
      (br_if $group (local.tee $groups (i32.sub (local.get $groups) (i32.const 1))))))

  ;; Adds eight sums of 16 bits to eight of 32.
  (func $widen (param $sums i32) (param $part v128)
    (v128.store (local.get $sums) (i32x4.add (v128.load (local.get $sums))
      (i32x4.extend_low_i16x8_s (local.get $part))))
    (v128.store offset=16 (local.get $sums)
      (i32x4.add (v128.load offset=16 (local.get $sums))
        (i32x4.extend_high_i16x8_s (local.get $part))))))
