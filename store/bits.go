package store

import (
	"encoding/binary"
	"math/bits"
)

var le = binary.LittleEndian

// appendPacked appends the low width bits of each value, lowest bit first,
// filled up to whole bytes. No value may be wider than width.
func appendPacked(dst []byte, values []uint64, width uint) []byte {
	if width == 0 {
		return dst
	}
	var acc uint64
	var n uint
	for _, v := range values {
		acc |= v << n
		n += width
		if n >= 64 {
			dst = le.AppendUint64(dst, acc)
			n -= 64
			acc = v >> (width - n) // what did not fit; 0 if all did
		}
	}
	for ; n > 0; n -= min(n, 8) {
		dst = append(dst, byte(acc))
		acc >>= 8
	}
	return dst
}

// packedSize is how many bytes appendPacked writes.
func packedSize(count int, width uint) int { return (count*int(width) + 7) / 8 }

// unpackBits reads len(dst) values of width bits. src must hold at least
// packedSize bytes; bytes behind them make it faster.
func unpackBits(dst []uint64, src []byte, width uint) {
	if width == 0 {
		clear(dst)
		return
	}
	mask := ^uint64(0) >> (64 - width)
	i, bit := 0, uint(0)
	if width <= 57 { // with an offset of up to 7 bits it fits in one word
		for ; i < len(dst); i++ {
			at := int(bit >> 3)
			if at+8 > len(src) {
				break
			}
			dst[i] = le.Uint64(src[at:]) >> (bit & 7) & mask
			bit += width
		}
	}
	for ; i < len(dst); i++ {
		var v uint64
		for got := uint(0); got < width; {
			b := uint64(src[bit>>3]) >> (bit & 7)
			v |= b << got
			step := min(8-bit&7, width-got)
			got += step
			bit += step
		}
		dst[i] = v & mask
	}
}

// width is how many bits a value needs.
func width(v uint64) uint { return uint(bits.Len64(v)) }

// bytesReader reads numbers from a blob; after the first failure bad stays set.
type bytesReader struct {
	data []byte
	bad  bool
}

func (r *bytesReader) uvarint() uint64 {
	v, n := binary.Uvarint(r.data)
	if n <= 0 {
		r.bad, r.data = true, nil
		return 0
	}
	r.data = r.data[n:]
	return v
}

func (r *bytesReader) varint() int64 {
	v, n := binary.Varint(r.data)
	if n <= 0 {
		r.bad, r.data = true, nil
		return 0
	}
	r.data = r.data[n:]
	return v
}

func (r *bytesReader) byte() byte {
	b := r.bytes(1)
	if len(b) == 0 {
		return 0
	}
	return b[0]
}

func (r *bytesReader) bytes(n int) []byte {
	if n < 0 || n > len(r.data) {
		r.bad, r.data = true, nil
		return nil
	}
	b := r.data[:n]
	r.data = r.data[n:]
	return b
}
