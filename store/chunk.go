package store

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"slices"
)

// A chunk is a table: a time column, shared by columns of numbers.
//
//	byte     version (1)
//	uvarint  samples
//	uvarint  columns
//	uvarint  length of the time column, then for each column uvarint number, uvarint length
//	…        time column: mode byte and integers (milliseconds since 1970), see column.go
//	…        columns
//	4 bytes  CRC-32C of all before
//
// The lengths stand in front, so one column is read without touching the rest.
type table struct {
	times   []int64 // milliseconds since 1970, rising
	columns []column
}

// column is one column of a table. Its number is metric<<3 | field.
type column struct {
	number uint32
	values []float64 // as many as times; NaN where there is none
}

const (
	chunkVersion = 1
	maxSamples   = 1 << 17 // in one chunk; a block of 4 hours has 2,880 at one each 5 s
	maxColumns   = 1 << 12
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// appendTable appends the table as a chunk. It has at least one sample.
func (c *codec) appendTable(dst []byte, t table) []byte {
	body, lens := c.body[:0], c.lens[:0]
	body = append(body, 0)
	body, mode := c.appendInts(body, t.times)
	body[0] = mode
	lens = append(lens, len(body))
	count := 0
	for _, col := range t.columns {
		at := len(body)
		var ok bool
		if body, ok = c.appendFloats(body, col.values); ok {
			count++
		}
		lens = append(lens, len(body)-at)
	}
	c.body, c.lens = body, lens
	start := len(dst)
	dst = append(dst, chunkVersion)
	dst = binary.AppendUvarint(dst, uint64(len(t.times)))
	dst = binary.AppendUvarint(dst, uint64(count))
	dst = binary.AppendUvarint(dst, uint64(lens[0]))
	for i, col := range t.columns {
		if lens[i+1] > 0 {
			dst = binary.AppendUvarint(dst, uint64(col.number))
			dst = binary.AppendUvarint(dst, uint64(lens[i+1]))
		}
	}
	dst = append(dst, body...)
	return le.AppendUint32(dst, crc32.Checksum(dst[start:], castagnoli))
}

// chunkView is a chunk whose directory has been read.
type chunkView struct {
	n     int
	time  []byte
	cols  []columnView
	times []int64 // once decoded
}

type columnView struct {
	number uint32
	data   []byte
}

// openChunk checks a chunk and reads its directory.
func openChunk(data []byte) (*chunkView, error) {
	if len(data) < 4 {
		return nil, fmt.Errorf("chunk: %w", errDamaged)
	}
	body, check := data[:len(data)-4], le.Uint32(data[len(data)-4:])
	if crc32.Checksum(body, castagnoli) != check {
		return nil, fmt.Errorf("chunk: %w (checksum)", errDamaged)
	}
	return readDirectory(data)
}

// readDirectory is openChunk without the checksum, whose bytes it ignores.
func readDirectory(data []byte) (*chunkView, error) {
	if len(data) < 4 {
		return nil, fmt.Errorf("chunk: %w", errDamaged)
	}
	r := bytesReader{data: data[:len(data)-4]}
	if v := r.byte(); v != chunkVersion {
		return nil, fmt.Errorf("chunk: version %d is not known", v)
	}
	n, count, timeLen := r.uvarint(), r.uvarint(), r.uvarint()
	if r.bad || n == 0 || n > maxSamples || count > maxColumns {
		return nil, fmt.Errorf("chunk: %w (directory)", errDamaged)
	}
	v := &chunkView{n: int(n), cols: make([]columnView, count)}
	lens := make([]uint64, count)
	for i := range lens {
		v.cols[i].number = uint32(r.uvarint())
		lens[i] = r.uvarint()
	}
	size := uint64(len(r.data))
	next := func(n uint64) []byte {
		if n > size { // before it can overflow an int
			r.bad = true
			return nil
		}
		rest := r.data
		b := r.bytes(int(n))
		// Keep the bytes behind in reach: unpackBits is faster with them.
		return rest[:len(b):min(len(b)+8, len(rest))]
	}
	v.time = next(timeLen)
	for i := range lens {
		v.cols[i].data = next(lens[i])
	}
	if r.bad {
		return nil, fmt.Errorf("chunk: %w (lengths)", errDamaged)
	}
	return v, nil
}

// readTimes decodes the time column, once.
func (c *codec) readTimes(v *chunkView) ([]int64, error) {
	if v.times != nil {
		return v.times, nil
	}
	r := bytesReader{data: v.time}
	mode := r.byte()
	if mode > modeDouble {
		return nil, fmt.Errorf("chunk: %w (times)", errDamaged)
	}
	times := make([]int64, v.n)
	if err := c.readInts(times, &r, mode); err != nil {
		return nil, fmt.Errorf("chunk: %w (times)", err)
	}
	for i := 1; i < len(times); i++ {
		if times[i] <= times[i-1] {
			return nil, fmt.Errorf("chunk: %w (order of times)", errDamaged)
		}
	}
	v.times = times
	return times, nil
}

// readColumn decodes one column into dst; nil if the chunk has no such column.
func (c *codec) readColumn(dst []float64, v *chunkView, number uint32) ([]float64, error) {
	i := slices.IndexFunc(v.cols, func(c columnView) bool { return c.number == number })
	if i < 0 {
		return nil, nil
	}
	out, err := c.floats(dst, v.cols[i].data, v.n)
	if err != nil {
		return nil, fmt.Errorf("chunk: column %d: %w", number, err)
	}
	return out, nil
}

// readTable decodes a whole chunk.
func (c *codec) readTable(data []byte) (table, error) {
	v, err := openChunk(data)
	if err != nil {
		return table{}, err
	}
	return c.readView(v)
}

func (c *codec) readView(v *chunkView) (table, error) {
	times, err := c.readTimes(v)
	if err != nil {
		return table{}, err
	}
	t := table{times: times, columns: make([]column, len(v.cols))}
	for i, col := range v.cols {
		values, err := c.floats(nil, col.data, v.n)
		if err != nil {
			return table{}, fmt.Errorf("chunk: column %d: %w", col.number, err)
		}
		t.columns[i] = column{col.number, values}
	}
	return t, nil
}

// merge lays tables over each other. Where two have a value for the same time
// and column, the later table wins.
func merge(tables ...table) table {
	tables = slices.DeleteFunc(tables, func(t table) bool { return len(t.times) == 0 })
	if len(tables) == 1 {
		return tables[0]
	}
	var out table
	rising := true
	var numbers []uint32
	for i, t := range tables {
		if i > 0 && t.times[0] <= out.times[len(out.times)-1] {
			rising = false
		}
		out.times = append(out.times, t.times...)
		for _, col := range t.columns {
			if !slices.Contains(numbers, col.number) {
				numbers = append(numbers, col.number)
			}
		}
	}
	if !rising {
		slices.Sort(out.times)
		out.times = slices.Compact(out.times)
	}
	slices.Sort(numbers)
	out.columns = make([]column, len(numbers))
	for i, number := range numbers {
		values := make([]float64, len(out.times))
		for j := range values {
			values[j] = missing
		}
		base := 0
		for _, t := range tables {
			k := slices.IndexFunc(t.columns, func(c column) bool { return c.number == number })
			if k >= 0 {
				lay(values, out.times, t.times, t.columns[k].values, rising, base)
			}
			base += len(t.times)
		}
		out.columns[i] = column{number, values}
	}
	return out
}

// lay puts the values of one table's column where their times are.
func lay(dst []float64, all, times []int64, values []float64, rising bool, base int) {
	if rising {
		copy(dst[base:], values)
		return
	}
	j := 0
	for i, v := range values {
		for all[j] < times[i] {
			j++
		}
		if v == v {
			dst[j] = v
		}
	}
}
