package store

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// randomValues makes columns of the kinds that occur, and nasty ones.
func randomValues(r *rand.Rand, n int) []float64 {
	out := make([]float64, n)
	kind := r.IntN(10)
	level := float64(r.IntN(1_000_000))
	for i := range out {
		switch kind {
		case 0:
			out[i] = 137438953472
		case 1: // a counter
			level += float64(r.IntN(1000))
			out[i] = level
		case 2: // percent
			out[i] = float64(r.IntN(10_001)) / 100
		case 3: // seconds
			out[i] = float64(r.IntN(50_000)) / 1e6
		case 4: // anything
			out[i] = math.Float64frombits(r.Uint64())
			if out[i] != out[i] {
				out[i] = math.Inf(-1)
			}
		case 5:
			out[i] = r.NormFloat64() * math.Pow(10, float64(r.IntN(40)-20))
		case 6: // around the limits of exact integers
			out[i] = float64(int64(1)<<53) + float64(r.IntN(5)-2)*2
		case 7:
			out[i] = []float64{0, math.Copysign(0, -1), math.MaxFloat64, math.SmallestNonzeroFloat64, -1, 0.1, 1e300}[r.IntN(7)]
		case 8: // quiet, with outliers
			out[i] = level
			if r.IntN(50) == 0 {
				out[i] = -level * 1e6
			}
		case 9: // steady growth
			out[i] = level + 5000*float64(i)
		}
	}
	if r.IntN(3) == 0 {
		for i := range out {
			if r.IntN(4) == 0 {
				out[i] = missing
			}
		}
	}
	return out
}

func randomTimes(r *rand.Rand, n int) []int64 {
	out := make([]int64, n)
	at := r.Int64N(1 << 41)
	for i := range out {
		switch r.IntN(20) {
		case 0:
			at += 1 + r.Int64N(10_000_000)
		default:
			at += 5000 + r.Int64N(7) - 3
		}
		out[i] = at
	}
	return out
}

func sameBits(a, b []float64) bool {
	return slices.EqualFunc(a, b, func(a, b float64) bool {
		return math.Float64bits(a) == math.Float64bits(b) || (a != a && b != b)
	})
}

func TestChunkRoundTrip(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var enc, dec codec
	for round := range 2000 {
		n := 1 + r.IntN(400)
		in := table{times: randomTimes(r, n)}
		for k := range r.IntN(6) {
			in.columns = append(in.columns, column{uint32(k) << 3, randomValues(r, n)})
		}
		data := enc.appendTable(nil, in)
		out, err := dec.readTable(data)
		if err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
		if !slices.Equal(in.times, out.times) {
			t.Fatalf("round %d: times differ", round)
		}
		k := 0
		for _, col := range in.columns {
			if !slices.ContainsFunc(col.values, func(v float64) bool { return v == v }) {
				continue // a column without values is not kept
			}
			if out.columns[k].number != col.number || !sameBits(col.values, out.columns[k].values) {
				t.Fatalf("round %d: column %d differs\n%v\n%v", round, k, col.values, out.columns[k].values)
			}
			k++
		}
		if k != len(out.columns) {
			t.Fatalf("round %d: %d columns, want %d", round, len(out.columns), k)
		}
		// One changed bit is always noticed.
		at := r.IntN(len(data))
		data[at] ^= 1 << r.IntN(8)
		if _, err := dec.readTable(data); err == nil {
			t.Fatalf("round %d: damage at byte %d of %d not noticed", round, at, len(data))
		}
	}
}

func TestPackedBits(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for w := uint(0); w <= 64; w++ {
		for range 20 {
			in := make([]uint64, r.IntN(200))
			for i := range in {
				in[i] = r.Uint64()
				if w < 64 {
					in[i] &= 1<<w - 1
				}
			}
			data := appendPacked(nil, in, w)
			if len(data) != packedSize(len(in), w) {
				t.Fatalf("width %d: %d bytes, want %d", w, len(data), packedSize(len(in), w))
			}
			out := make([]uint64, len(in))
			unpackBits(out, data, w)
			if !slices.Equal(in, out) {
				t.Fatalf("width %d: got %x, want %x", w, out, in)
			}
		}
	}
}

// What the codec promises about size, in bytes for 240 samples of one column.
func TestColumnSize(t *testing.T) {
	tests := []struct {
		name string
		at   func(i int) float64
		most int
	}{
		{"constant", func(int) float64 { return 137438953472 }, 8},
		{"steady growth", func(i int) float64 { return 1e9 + 4096*float64(i) }, 20},
		{"one bit", func(i int) float64 { return float64(i * 7 % 3 % 2) }, 40},
		{"percent with two digits", func(i int) float64 { return float64(i*7919%10000) / 100 }, 14*240/8 + 16},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			values := make([]float64, 240)
			for i := range values {
				values[i] = tt.at(i)
			}
			var c codec
			data, _ := c.appendFloats(nil, values)
			if len(data) > tt.most {
				t.Errorf("%d bytes, want at most %d", len(data), tt.most)
			}
		})
	}
}

func TestMergeTables(t *testing.T) {
	tab := func(number uint32, pairs ...float64) table {
		out := table{columns: []column{{number, nil}}}
		for i := 0; i < len(pairs); i += 2 {
			out.times = append(out.times, int64(pairs[i]))
			out.columns[0].values = append(out.columns[0].values, pairs[i+1])
		}
		return out
	}
	nan := math.NaN()
	tests := []struct {
		name  string
		in    []table
		times []int64
		first []float64 // of the lowest column
	}{
		{"one after the other", []table{tab(8, 1, 10, 2, 20), tab(8, 3, 30)}, []int64{1, 2, 3}, []float64{10, 20, 30}},
		{"late sample between", []table{tab(8, 1, 10, 3, 30), tab(8, 2, 20)}, []int64{1, 2, 3}, []float64{10, 20, 30}},
		{"the later table wins", []table{tab(8, 1, 10, 2, 20), tab(8, 2, 21)}, []int64{1, 2}, []float64{10, 21}},
		{"a missing value does not win", []table{tab(8, 1, 10, 2, 20), tab(8, 2, nan)}, []int64{1, 2}, []float64{10, 20}},
		{"another column", []table{tab(8, 1, 10), tab(16, 1, 5, 2, 6)}, []int64{1, 2}, []float64{10, nan}},
		{"nothing and something", []table{{}, tab(8, 1, 10)}, []int64{1}, []float64{10}},
		{"older table behind", []table{tab(8, 5, 50), {}, tab(8, 1, 10)}, []int64{1, 5}, []float64{10, 50}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := merge(tt.in...)
			if !slices.Equal(got.times, tt.times) || !sameBits(got.columns[0].values, tt.first) {
				t.Errorf("got %v %v, want %v %v", got.times, got.columns[0].values, tt.times, tt.first)
			}
		})
	}
}

// FuzzChunk feeds the decoder with anything: it must not panic, and what it
// accepts must survive another round.
func FuzzChunk(f *testing.F) {
	r := rand.New(rand.NewPCG(5, 6))
	var c codec
	for range 30 {
		n := 1 + r.IntN(100)
		f.Add(c.appendTable(nil, table{randomTimes(r, n), []column{{8, randomValues(r, n)}, {16, randomValues(r, n)}}}))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var c codec
		v, err := readDirectory(data) // without the checksum, which would stop the fuzzer
		if err != nil || v.n*max(len(v.cols), 1) > 1<<22 {
			return
		}
		in, err := c.readView(v)
		if err != nil {
			return
		}
		out, err := c.readTable(c.appendTable(nil, in))
		if err != nil || !slices.Equal(in.times, out.times) {
			t.Fatalf("not the same after another round: %v", err)
		}
	})
}
