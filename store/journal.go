package store

import (
	"context"
	"database/sql"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math"
	"math/bits"
	"slices"

	"looksalive/cluster"
)

// The journal brings back the samples that are not sealed yet. A row holds the
// entries of one bucket since the row before, and a CRC-32C. An entry:
//
//	uvarint  object<<1 | fresh
//	varint   milliseconds since the start of the bucket
//	uvarint  columns
//	uvarint  metric of each column, only if fresh; else they are as before
//	…        for each column the bits of the value, xor those of the object's
//	         entry before (0 if fresh): byte zeros<<4 | n, then n bytes. The
//	         lowest zeros bytes are 0 and left out. NaN: no value.
//
// Entries lean on the ones before in the same bucket, so rows are written in
// order or, together with all that follow, not at all.
type journalRow struct {
	id   int64
	data []byte
}

// appendEntry appends one row of the bucket, at time ms.
func (b *bucket) appendEntry(dst []byte, object uint32, ms int64, row []float64) []byte {
	head := uint64(object) << 1
	if b.fresh {
		head |= 1
	}
	dst = binary.AppendUvarint(dst, head)
	dst = binary.AppendVarint(dst, ms-b.index*bucketSpan)
	dst = binary.AppendUvarint(dst, uint64(len(row)))
	if b.fresh {
		b.fresh = false
		clear(b.last)
		for _, m := range b.metrics {
			dst = binary.AppendUvarint(dst, uint64(m))
		}
	}
	dst = slices.Grow(dst, 9*len(row)+8)
	at := len(dst)
	dst = dst[:cap(dst)]
	last := b.last[:len(row)]
	for k, value := range row {
		v := math.Float64bits(value)
		x := v ^ last[k]
		last[k] = v
		if x == 0 {
			dst[at] = 0
			at++
			continue
		}
		zeros := bits.TrailingZeros64(x) / 8
		x >>= zeros * 8
		n := (bits.Len64(x) + 7) / 8
		dst[at] = byte(zeros<<4 | n)
		le.PutUint64(dst[at+1:], x) // the bytes behind are written over
		at += 1 + n
	}
	return dst[:at]
}

// journalRows is one batch on its way to the disk.
type journalRows struct {
	rows    []journalRow
	objects []*object
	metrics []metricRow
}

type metricRow struct {
	id   uint32
	name cluster.Metric
}

func (j journalRows) empty() bool { return len(j.rows) == 0 }

// take closes the rows being filled and hands out all that wait. Only the
// holder of the write lock calls take, written and refused.
func (t *series) take() journalRows {
	t.mu.Lock()
	defer t.mu.Unlock()
	indexes := make([]int64, 0, len(t.journal))
	for index := range t.journal {
		indexes = append(indexes, index)
	}
	slices.Sort(indexes)
	for _, index := range indexes {
		data := t.journal[index]
		delete(t.journal, index)
		data = le.AppendUint32(data, crc32.Checksum(data, castagnoli))
		t.numbers[index]++
		t.onDisk[index] = true
		t.waiting = append(t.waiting, journalRow{journalID(index, t.numbers[index]), data})
	}
	j := journalRows{rows: t.waiting, objects: t.newObjects}
	for _, m := range t.newMetrics {
		j.metrics = append(j.metrics, metricRow{t.metrics[m], m})
	}
	return j
}

// written forgets what reached the disk.
func (t *series) written(j journalRows) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.waiting = t.waiting[len(j.rows):]
	if len(t.waiting) == 0 {
		t.waiting = nil
	}
	t.newObjects = t.newObjects[len(j.objects):]
	t.newMetrics = t.newMetrics[len(j.metrics):]
}

// refused keeps the rows for the next attempt, unless they became too many.
// The samples are in memory still and will be sealed; only a crash before
// that loses them.
func (t *series) refused(journalRows) {
	t.mu.Lock()
	defer t.mu.Unlock()
	size := 0
	for _, r := range t.waiting {
		size += len(r.data)
	}
	if size < maxWaiting {
		return
	}
	t.log.Warn("journal dropped, the disk takes nothing", "bytes", size)
	t.waiting = nil
	t.unchain()
}

// unchain makes the next entry of every bucket stand for itself, and drops the
// entries not handed out that do not.
func (t *series) unchain() {
	clear(t.journal)
	for _, o := range t.objects {
		for _, b := range o.buckets {
			b.fresh = true
			b.last = make([]uint64, len(b.metrics))
		}
	}
}

func (j journalRows) write(tx *sql.Tx, stmts *statements) error {
	for _, o := range j.objects {
		if _, err := tx.Exec(`INSERT INTO object (id, cluster, name) VALUES (?, ?, ?)`, o.id, o.key.cluster, o.key.name); err != nil {
			return fmt.Errorf("object %s: %w", o.key.name, err)
		}
	}
	for _, m := range j.metrics {
		if _, err := tx.Exec(`INSERT INTO metric (id, name) VALUES (?, ?)`, m.id, string(m.name)); err != nil {
			return fmt.Errorf("metric %s: %w", m.name, err)
		}
	}
	ins := tx.Stmt(stmts.journal)
	for _, r := range j.rows {
		if _, err := ins.Exec(r.id, r.data); err != nil {
			return fmt.Errorf("journal: %w", err)
		}
	}
	return nil
}

// load reads the names and plays the journal back.
func (t *series) load(ctx context.Context, db *sql.DB) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	byID := map[uint32]*object{}
	names := map[uint32]cluster.Metric{}
	err := each(ctx, db, `SELECT id, cluster, name FROM object`, nil, func(scan func(...any) error) error {
		o := &object{}
		if err := scan(&o.id, &o.key.cluster, &o.key.name); err != nil {
			return err
		}
		t.objects[o.key], byID[o.id] = o, o
		t.lastObject = max(t.lastObject, o.id)
		return nil
	})
	if err != nil {
		return err
	}
	err = each(ctx, db, `SELECT id, name FROM metric`, nil, func(scan func(...any) error) error {
		var id uint32
		var name cluster.Metric
		if err := scan(&id, &name); err != nil {
			return err
		}
		t.metrics[name], names[id] = id, name
		t.lastMetric = max(t.lastMetric, id)
		return nil
	})
	if err != nil {
		return err
	}
	// Numbers of deleted objects are not given again.
	var given uint32
	if err := db.QueryRowContext(ctx, `SELECT value FROM counter WHERE name = 'object'`).Scan(&given); err != nil {
		return err
	}
	t.lastObject = max(t.lastObject, given)
	damaged := map[int64]bool{}
	err = each(ctx, db, `SELECT id, data FROM journal ORDER BY id`, nil, func(scan func(...any) error) error {
		var id int64
		var data []byte
		if err := scan(&id, &data); err != nil {
			return err
		}
		index := journalBucket(id)
		t.numbers[index] = id & (1<<journalBits - 1)
		t.onDisk[index] = true
		if damaged[index] {
			return nil
		}
		if err := t.replay(index, data, byID, names); err != nil {
			damaged[index] = true // the rows behind lean on this one
			t.log.Warn("journal not understood, samples are lost", "id", id, "err", err)
		}
		return nil
	})
	t.unchain()
	return err
}

// replay puts the entries of one row into the buckets.
func (t *series) replay(index int64, data []byte, byID map[uint32]*object, names map[uint32]cluster.Metric) error {
	if len(data) < 4 || crc32.Checksum(data[:len(data)-4], castagnoli) != le.Uint32(data[len(data)-4:]) {
		return errDamaged
	}
	r := bytesReader{data: data[:len(data)-4]}
	var values []float64
	for len(r.data) > 0 {
		head, offset, n := r.uvarint(), r.varint(), r.uvarint()
		o := byID[uint32(head>>1)]
		if r.bad || uint32(head>>1) > t.lastObject || n == 0 || n > maxColumns || offset < 0 || offset >= bucketSpan {
			return errDamaged
		}
		if o == nil { // deleted since
			o = &object{id: uint32(head >> 1)}
			byID[o.id] = o // of this load only, to read what leans on what
		}
		b := t.bucketOf(o, index, index*bucketSpan)
		if head&1 != 0 {
			if err := b.restart(&r, int(n), names); err != nil {
				return err
			}
		}
		// An entry may lean on one that was sealed and deleted: then it was
		// sealed too, and is only passed over.
		known := !b.fresh && len(b.last) == int(n)
		values = values[:0]
		for k := range int(n) {
			x, err := r.xor()
			if err != nil {
				return err
			}
			if known {
				b.last[k] ^= x
				values = append(values, math.Float64frombits(b.last[k]))
			}
		}
		if known {
			b.put(index*bucketSpan+offset, values)
		}
	}
	for _, o := range byID {
		o.buckets = slices.DeleteFunc(o.buckets, func(b *bucket) bool { return len(b.times) == 0 })
	}
	return nil
}

// restart begins a chain that stands for itself.
func (b *bucket) restart(r *bytesReader, n int, names map[uint32]cluster.Metric) error {
	metrics := make([]uint32, n)
	for k := range metrics {
		metrics[k] = uint32(r.uvarint())
		if _, ok := names[metrics[k]]; !ok || r.bad {
			return errDamaged
		}
	}
	b.fresh = false
	b.last = make([]uint64, n)
	for _, m := range b.metrics { // keep what the new chain does not mention
		if !slices.Contains(metrics, m) {
			metrics = append(metrics, m)
		}
	}
	if !slices.Equal(metrics, b.metrics) {
		list := make([]cluster.Metric, len(metrics))
		for k, m := range metrics {
			list[k] = names[m]
		}
		b.arrange(metrics, list)
	}
	return nil
}

// put sets the first columns at a time.
func (b *bucket) put(ms int64, values []float64) {
	row := b.values(b.row(ms))
	for k, v := range values {
		if v == v {
			row[k] = v
		}
	}
}

// xor reads one value of an entry.
func (r *bytesReader) xor() (uint64, error) {
	c := r.byte()
	zeros, n := int(c>>4), int(c&15)
	if r.bad || zeros+n > 8 {
		return 0, errDamaged
	}
	var x uint64
	for i, b := range r.bytes(n) {
		x |= uint64(b) << (8 * i)
	}
	if r.bad {
		return 0, errDamaged
	}
	return x << (8 * zeros), nil
}
