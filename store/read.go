package store

import (
	"context"
	"database/sql"
	"errors"
	"slices"

	"looksalive/cluster"
)

// reader reads one object's history within one read transaction, so that a
// merge in the meantime takes nothing away. The samples in memory are copied
// before the transaction begins: what is sealed in between is there twice,
// which does no harm, and never missing.
type reader struct {
	s     *Store
	ctx   context.Context
	now   int64
	codec codec

	key    cluster.SeriesKey
	object uint32
	metric uint32

	tx      *sql.Tx
	head    []headCopy // open buckets of the object, oldest first
	freshLo int64      // start of the oldest block that has fresh chunks
	chunks  map[int64]*chunkView
	stale   map[[2]int64]bool // tier and block
	get     *sql.Stmt
}

const never = int64(1) << 62

// choose makes key's object and metric the ones to read; false if the store
// does not know them.
func (r *reader) choose(key cluster.SeriesKey) (bool, error) {
	if r.tx == nil || key.Cluster != r.key.Cluster || key.Object != r.key.Object {
		r.end()
		t := r.s.samples
		t.mu.Lock()
		o := t.objects[objectKey{key.Cluster, key.Object}]
		r.key, r.object, r.head = key, 0, nil
		if o != nil {
			r.object = o.id
			for _, b := range o.buckets {
				r.head = append(r.head, b.copy())
			}
		}
		t.mu.Unlock()
		if o == nil {
			return false, nil
		}
		if err := r.begin(); err != nil {
			return false, err
		}
	}
	t := r.s.samples
	t.mu.Lock()
	defer t.mu.Unlock()
	var ok bool
	r.metric, ok = t.metrics[key.Metric]
	return ok, nil
}

// copy is what later samples do not change.
func (b *bucket) copy() headCopy {
	return headCopy{times: slices.Clone(b.times), rows: slices.Clone(b.rows), metrics: b.metrics}
}

// headCopy is a bucket as it was at one moment.
type headCopy struct {
	times   []int64
	rows    []float64
	metrics []uint32
}

// column is one metric of the bucket; nil if it has none of it.
func (h headCopy) column(metric uint32) []float64 {
	k := slices.Index(h.metrics, metric)
	if k < 0 {
		return nil
	}
	out := make([]float64, len(h.times))
	for i := range out {
		out[i] = h.rows[i*len(h.metrics)+k]
	}
	return out
}

func (r *reader) begin() error {
	var err error
	if r.tx, err = r.s.r.BeginTx(r.ctx, nil); err != nil {
		return err
	}
	r.chunks = map[int64]*chunkView{}
	r.stale = map[[2]int64]bool{}
	if r.get, err = r.tx.PrepareContext(r.ctx, `SELECT data FROM chunk WHERE id = ?`); err != nil {
		return err
	}
	var first int64
	err = r.tx.QueryRowContext(r.ctx, `SELECT id FROM chunk WHERE id >= ? AND id < ? ORDER BY id LIMIT 1`,
		chunkID(tierFresh, 0, 0, 0), chunkID(tierRaw, 0, 0, 0)).Scan(&first)
	r.freshLo = never
	switch {
	case err == nil:
		start := chunkBlock(first) * bucketSpan
		r.freshLo = start - start%blockSpan
	case !errors.Is(err, sql.ErrNoRows):
		return err
	}
	return each(r.ctx, r.tx, `SELECT tier, block FROM stale WHERE object = ? AND tier IN (?, ?)`,
		[]any{r.object, int64(tierHour), int64(tierDay)}, func(scan func(...any) error) error {
			var t, block int64
			if err := scan(&t, &block); err != nil {
				return err
			}
			r.stale[[2]int64{t, block}] = true
			return nil
		})
}

func (r *reader) end() {
	if r.tx != nil {
		r.get.Close()
		r.tx.Rollback()
		r.tx = nil
	}
}

// chunk reads a chunk; nil if there is none, or it is damaged, which is logged.
func (r *reader) chunk(id int64) (*chunkView, error) {
	if v, ok := r.chunks[id]; ok {
		return v, nil
	}
	var data []byte
	err := r.get.QueryRowContext(r.ctx, id).Scan(&data)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return nil, err
	}
	var v *chunkView
	if err == nil {
		if v, err = openChunk(data); err != nil {
			r.damaged(id, err)
			v = nil
		}
	}
	r.chunks[id] = v
	return v, nil
}

// fetch reads the chunks that chunk will be asked for, at one go.
func (r *reader) fetch(ids []int64) error {
	ids = slices.DeleteFunc(ids, func(id int64) bool { _, ok := r.chunks[id]; return ok })
	for part := range slices.Chunk(ids, 128) {
		if len(part) < 3 {
			return nil // chunk does it as fast
		}
		args := make([]any, len(part))
		for i, id := range part {
			args[i] = id
			r.chunks[id] = nil
		}
		err := each(r.ctx, r.tx, `SELECT id, data FROM chunk WHERE id IN (`+marks(len(part))+`)`, args, func(scan func(...any) error) error {
			var id int64
			var data []byte
			if err := scan(&id, &data); err != nil {
				return err
			}
			v, err := openChunk(data)
			if err != nil {
				r.damaged(id, err)
				v = nil
			}
			r.chunks[id] = v
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (r *reader) fetchFresh(block int64) error {
	var ids []int64
	for i := range blockSpan / bucketSpan {
		ids = append(ids, chunkID(tierFresh, block*(blockSpan/bucketSpan)+i, 0, r.object))
	}
	return r.fetch(ids)
}

func (r *reader) damaged(id int64, err error) {
	r.s.log.Warn("chunk not understood, left out", "id", id, "err", err)
}

// samples reads raw samples between two times.
func (r *reader) samples(lo, hi int64) (times []int64, values []float64, err error) {
	hi = min(hi, r.now+futureLimit+blockSpan)
	var ids []int64
	for block := lo / blockSpan; block*blockSpan < hi; block++ {
		ids = append(ids, chunkID(tierRaw, block, groupOf(r.metric), r.object))
	}
	if err := r.fetch(ids); err != nil {
		return nil, nil, err
	}
	for block := lo / blockSpan; block*blockSpan < hi; block++ {
		t, v, err := r.block(block)
		if err != nil {
			return nil, nil, err
		}
		for i, at := range t {
			if at >= lo && at < hi && v[i] == v[i] {
				times = append(times, at)
				values = append(values, v[i])
			}
		}
	}
	return times, values, nil
}

// block reads the samples of one block, from where they are: merged, fresh,
// and in memory, which is also their order of age.
func (r *reader) block(block int64) ([]int64, []float64, error) {
	var parts []table
	take := func(id int64) error {
		v, err := r.chunk(id)
		if err != nil || v == nil {
			return err
		}
		times, err := r.codec.readTimes(v)
		if err != nil {
			r.damaged(id, err)
			return nil
		}
		values, err := r.codec.readColumn(nil, v, r.metric<<3)
		if err != nil {
			r.damaged(id, err)
			return nil
		}
		if values != nil {
			parts = append(parts, table{times, []column{{0, values}}})
		}
		return nil
	}
	if err := take(chunkID(tierRaw, block, groupOf(r.metric), r.object)); err != nil {
		return nil, nil, err
	}
	if block*blockSpan >= r.freshLo {
		if err := r.fetchFresh(block); err != nil {
			return nil, nil, err
		}
		for i := range blockSpan / bucketSpan {
			if err := take(chunkID(tierFresh, block*(blockSpan/bucketSpan)+i, 0, r.object)); err != nil {
				return nil, nil, err
			}
		}
	}
	for _, h := range r.head {
		if len(h.times) > 0 && h.times[0]/blockSpan == block {
			if values := h.column(r.metric); values != nil {
				parts = append(parts, table{h.times, []column{{0, values}}})
			}
		}
	}
	if len(parts) == 0 {
		return nil, nil, nil
	}
	t := merge(parts...)
	return t.times, t.columns[0].values, nil
}

// windows reads the points of a rolled-up tier whose windows start in [lo, hi).
// A block whose row is not written yet, or is stale, is made from the tier
// before.
func (r *reader) windows(t tier, lo, hi int64) ([]window, error) {
	var out []window
	span := t.span()
	hi = min(hi, r.now+futureLimit+span)
	var ids []int64
	for block := lo / span; block*span < hi; block++ {
		ids = append(ids, chunkID(t, block, groupOf(r.metric), r.object))
	}
	if err := r.fetch(ids); err != nil {
		return nil, err
	}
	for block := lo / span; block*span < hi; block++ {
		var windows []window
		done, err := r.finished(t, block)
		switch {
		case err != nil:
			return nil, err
		case done:
			id := chunkID(t, block, groupOf(r.metric), r.object)
			v, err := r.chunk(id)
			if err != nil {
				return nil, err
			}
			if v != nil {
				if windows, err = r.codec.readWindows(nil, v, r.metric); err != nil {
					r.damaged(id, err)
				}
			}
		case t == tierFive:
			times, values, err := r.block(block)
			if err != nil {
				return nil, err
			}
			windows = rollSamples(nil, times, values, t.step())
		default:
			finer, err := r.windows(t-1, block*span, (block+1)*span)
			if err != nil {
				return nil, err
			}
			windows = rollWindows(nil, finer, t.step())
		}
		for _, w := range windows {
			if w.start >= lo && w.start < hi {
				out = append(out, w)
			}
		}
	}
	return out, nil
}

// finished says whether the row of a block holds all there is. A block that
// has samples which are not merged, or stale blocks in it, does not.
func (r *reader) finished(t tier, block int64) (bool, error) {
	start, end := block*t.span(), (block+1)*t.span()
	for _, h := range r.head {
		if len(h.times) > 0 && h.times[0] >= start && h.times[0] < end {
			return false, nil
		}
	}
	if t == tierFive {
		if end <= r.freshLo {
			return true, nil
		}
		if err := r.fetchFresh(block); err != nil {
			return false, err
		}
		for i := start / bucketSpan; i < end/bucketSpan; i++ {
			if v, err := r.chunk(chunkID(tierFresh, i, 0, r.object)); err != nil || v != nil {
				return false, err
			}
		}
		return true, nil
	}
	if end > r.freshLo || r.stale[[2]int64{int64(t), block}] {
		return false, nil
	}
	if t == tierDay {
		for i := start / hourSpan; i < end/hourSpan; i++ {
			if r.stale[[2]int64{int64(tierHour), i}] {
				return false, nil
			}
		}
	}
	return true, nil
}
