package store

import (
	"encoding/binary"
	"errors"
	"math"
	"math/bits"
)

// A column is a row of numbers:
//
//	byte    mode | scale<<2 | missing<<5 | shifted<<6
//	bitmap  one bit a value, set where there is one; only if some are missing
//	byte    how far the integers are shifted right; only if shifted
//	…       the integers, by mode
//
// Integers are the values times scale where that is exact for all of them,
// else the bits of the floats, without their common trailing zero bits: memory
// comes in pages, disk rates in blocks. Of the modes the one with the fewest bits is
// taken. Differences are packed in blocks of blockLen: varint minimum, byte
// width, bits. Arithmetic wraps, so any 64 bits survive.
const (
	modeConst  = 0 // varint value
	modeFrame  = 1 // blocks of the values
	modeDelta  = 2 // varint first, blocks of the differences
	modeDouble = 3 // varint first, varint first difference, blocks of the differences of differences

	scaleRaw    = 7
	flagMissing = 1 << 5
	flagShifted = 1 << 6
	blockLen    = 128
)

var scales = [...]float64{1, 10, 100, 1000, 1e6, 1e9}

var errDamaged = errors.New("damaged")

// codec holds the scratch space of encoding and decoding; not for concurrent use.
type codec struct {
	ints, d1, d2 []int64
	words        [blockLen]uint64
	body         []byte
	lens         []int
}

// missing marks a sample without a value in a column.
var missing = math.NaN()

// appendFloats appends a column; NaN means missing. It says false, and appends
// nothing, if all values are missing.
func (c *codec) appendFloats(dst []byte, values []float64) ([]byte, bool) {
	present := 0
	for _, v := range values {
		if v == v {
			present++
		}
	}
	if present == 0 {
		return dst, false
	}
	head := len(dst)
	dst = append(dst, 0)
	flags := byte(0)
	if present < len(values) {
		flags = flagMissing
		start := len(dst)
		dst = append(dst, make([]byte, (len(values)+7)/8)...)
		kept := make([]float64, 0, present)
		for i, v := range values {
			if v == v {
				dst[start+i/8] |= 1 << (i % 8)
				kept = append(kept, v)
			}
		}
		values = kept
	}
	scale := byte(scaleRaw)
	for i, f := range scales {
		if c.scaled(values, f) {
			scale = byte(i)
			break
		}
	}
	if scale == scaleRaw {
		ints := grow(&c.ints, len(values))
		for i, v := range values {
			ints[i] = int64(math.Float64bits(v))
		}
	}
	if shift := c.shift(); shift > 0 {
		flags |= flagShifted
		dst = append(dst, shift)
	}
	dst, mode := c.appendInts(dst, c.ints)
	dst[head] = mode | scale<<2 | flags
	return dst, true
}

// scaled fills c.ints with values×f if that loses nothing.
func (c *codec) scaled(values []float64, f float64) bool {
	const limit = 1 << 53
	ints := grow(&c.ints, len(values))
	if f == 1 {
		for i, v := range values {
			n := int64(v)
			if !(v < limit && v > -limit) || math.Float64bits(float64(n)) != math.Float64bits(v) {
				return false
			}
			ints[i] = n
		}
		return true
	}
	for i, v := range values {
		x := v * f
		if !(x < limit && x > -limit) {
			return false
		}
		n := int64(math.RoundToEven(x))
		if math.Float64bits(float64(n)/f) != math.Float64bits(v) {
			return false
		}
		ints[i] = n
	}
	return true
}

// shift takes the common trailing zeros from c.ints, and returns how many.
func (c *codec) shift() byte {
	var all int64
	for _, v := range c.ints {
		all |= v
	}
	n := bits.TrailingZeros64(uint64(all))
	if n == 0 || n == 64 {
		return 0
	}
	for i, v := range c.ints {
		c.ints[i] = v >> n
	}
	return byte(n)
}

// appendInts appends at least one integer in the cheapest mode.
func (c *codec) appendInts(dst []byte, ints []int64) ([]byte, byte) {
	n := len(ints)
	same := true
	for _, v := range ints {
		if v != ints[0] {
			same = false
			break
		}
	}
	if same {
		return binary.AppendVarint(dst, ints[0]), modeConst
	}
	d1 := grow(&c.d1, n-1)
	for i := range d1 {
		d1[i] = ints[i+1] - ints[i]
	}
	d2 := grow(&c.d2, max(n-2, 0))
	for i := range d2 {
		d2[i] = d1[i+1] - d1[i]
	}
	frame, delta, double := cost(ints), cost(d1)+8, cost(d2)+12
	switch {
	case frame <= delta && frame <= double:
		return c.appendBlocks(dst, ints), modeFrame
	case delta <= double || n < 3:
		return c.appendBlocks(binary.AppendVarint(dst, ints[0]), d1), modeDelta
	default:
		dst = binary.AppendVarint(dst, ints[0])
		return c.appendBlocks(binary.AppendVarint(dst, d1[0]), d2), modeDouble
	}
}

// cost is about how many bits appendBlocks needs.
func cost(ints []int64) int {
	total := 0
	for len(ints) > 0 {
		b := ints[:min(len(ints), blockLen)]
		ints = ints[len(b):]
		lo, hi := b[0], b[0]
		for _, v := range b[1:] {
			lo, hi = min(lo, v), max(hi, v)
		}
		total += 16 + int(width(uint64(lo)^uint64(lo>>63))) + len(b)*int(width(uint64(hi)-uint64(lo)))
	}
	return total
}

func (c *codec) appendBlocks(dst []byte, ints []int64) []byte {
	for len(ints) > 0 {
		b := ints[:min(len(ints), blockLen)]
		ints = ints[len(b):]
		lo, hi := b[0], b[0]
		for _, v := range b[1:] {
			lo, hi = min(lo, v), max(hi, v)
		}
		w := width(uint64(hi) - uint64(lo))
		dst = append(binary.AppendVarint(dst, lo), byte(w))
		if w == 0 {
			continue
		}
		words := c.words[:len(b)]
		for i, v := range b {
			words[i] = uint64(v) - uint64(lo)
		}
		dst = appendPacked(dst, words, w)
	}
	return dst
}

// floats decodes a column of n values into dst, which it returns.
func (c *codec) floats(dst []float64, data []byte, n int) ([]float64, error) {
	r := bytesReader{data: data}
	head := r.byte()
	dst = grow(&dst, n)
	present := n
	var bitmap []byte
	if head&flagMissing != 0 {
		bitmap = r.bytes((n + 7) / 8)
		present = 0
		for i := range len(bitmap) * 8 {
			if bitmap[i/8]&(1<<(i%8)) == 0 {
				continue
			}
			if i >= n {
				return nil, errDamaged
			}
			present++
		}
	}
	scale := head >> 2 & 7
	var shift byte
	if head&flagShifted != 0 {
		shift = r.byte()
	}
	if r.bad || present == 0 || shift > 63 || (scale != scaleRaw && int(scale) >= len(scales)) || head>>7 != 0 {
		return nil, errDamaged
	}
	ints := grow(&c.ints, present)
	if err := c.readInts(ints, &r, head&3); err != nil {
		return nil, err
	}
	out := dst[:present]
	if shift > 0 {
		for i, v := range ints {
			ints[i] = v << shift
		}
	}
	switch {
	case scale == scaleRaw:
		for i, v := range ints {
			out[i] = math.Float64frombits(uint64(v))
		}
	case scale == 0:
		for i, v := range ints {
			out[i] = float64(v)
		}
	default:
		f := scales[scale]
		for i, v := range ints {
			out[i] = float64(v) / f
		}
	}
	if bitmap != nil { // spread the values, from the back, over where they belong
		k := present
		for i := n - 1; i >= 0; i-- {
			if bitmap[i/8]&(1<<(i%8)) != 0 {
				k--
				dst[i] = dst[k]
			} else {
				dst[i] = missing
			}
		}
	}
	return dst, nil
}

func (c *codec) readInts(ints []int64, r *bytesReader, mode byte) error {
	switch mode {
	case modeConst:
		v := r.varint()
		for i := range ints {
			ints[i] = v
		}
	case modeFrame:
		c.readBlocks(ints, r)
	case modeDelta:
		ints[0] = r.varint()
		c.readBlocks(ints[1:], r)
		sum(ints)
	case modeDouble:
		if len(ints) < 2 {
			return errDamaged
		}
		ints[0], ints[1] = r.varint(), r.varint()
		c.readBlocks(ints[2:], r)
		sum(ints[1:])
		sum(ints)
	}
	if r.bad {
		return errDamaged
	}
	return nil
}

func (c *codec) readBlocks(ints []int64, r *bytesReader) {
	for len(ints) > 0 && !r.bad {
		b := ints[:min(len(ints), blockLen)]
		ints = ints[len(b):]
		lo, w := r.varint(), uint(r.byte())
		if w > 64 {
			r.bad = true
			return
		}
		rest := r.data
		r.bytes(packedSize(len(b), w))
		if r.bad {
			return
		}
		words := c.words[:len(b)]
		unpackBits(words, rest[:cap(rest)], w) // the bytes behind make it faster
		for i, v := range words {
			b[i] = int64(v + uint64(lo))
		}
	}
}

// sum turns differences back into values.
func sum(ints []int64) {
	var acc int64
	for i, v := range ints {
		acc += v
		ints[i] = acc
	}
}

// grow gives a slice n elements, of any content.
func grow[T any](s *[]T, n int) []T {
	if cap(*s) < n {
		*s = make([]T, n, n+n/4)
	}
	*s = (*s)[:n]
	return *s
}
