package store

import (
	"log/slog"
	"math"
	"slices"
	"sync"
	"time"

	"looksalive/cluster"
)

// Bounds of what is held in memory and of what clocks may do to us.
const (
	lateLimit    = int64(24 * time.Hour / time.Millisecond) // older samples are dropped
	futureLimit  = int64(time.Hour / time.Millisecond)      // so are those that claim to be newer than now
	maxBucket    = 8192                                     // samples of one object in 20 minutes: 6 a second
	maxHeld      = 24_000_000                               // values in memory, 8 bytes each; 1,000 nodes need 4 million
	maxWaiting   = 16 << 20                                 // bytes of journal that wait for the disk
	warnInterval = int64(time.Minute / time.Millisecond)
)

// series is the time-series engine: samples not sealed yet, in memory, and
// the names of all objects and metrics.
type series struct {
	now func() time.Time
	log *slog.Logger

	mu         sync.Mutex
	objects    map[objectKey]*object
	lastObject uint32
	metrics    map[cluster.Metric]uint32
	lastMetric uint32
	newObjects []*object // the database does not have these yet
	newMetrics []cluster.Metric
	journal    map[int64][]byte // rows being filled, by bucket
	numbers    map[int64]int64  // last journal number of each bucket
	onDisk     map[int64]bool   // buckets that may have journal rows
	waiting    []journalRow     // rows on their way to the disk
	nextDue    int64            // when to look again for buckets to seal
	nextTrim   int64            // and for journal rows to delete
	held       int              // values in memory, about
	dropped    int64            // samples lost since the start, of Dropped
	warned     int64            // when we last warned about it
	warnedAt   int64            // and at which count
}

type objectKey struct{ cluster, name string }

// object is one thing that has samples, and its open buckets, oldest first.
type object struct {
	key     objectKey
	id      uint32
	buckets []*bucket
}

// bucket holds the samples of one object in one stretch of 20 minutes.
type bucket struct {
	index   int64 // time / bucketSpan
	due     int64 // when it may be sealed
	names   []cluster.Metric
	metrics []uint32
	fine    []float64 // of resolution, 0 for as it comes
	times   []int64   // strictly rising
	rows    []float64 // the values of one time after the other, len(metrics) each; NaN where there is none
	last    []uint64  // bits of the values last put into the journal
	fresh   bool      // the next journal entry must not lean on last
	closed  bool      // being sealed: nothing may be added
}

func newSeries(now func() time.Time, log *slog.Logger) *series {
	return &series{
		now: now, log: log,
		objects: map[objectKey]*object{}, metrics: map[cluster.Metric]uint32{},
		journal: map[int64][]byte{}, numbers: map[int64]int64{}, onDisk: map[int64]bool{},
	}
}

// resolution is how finely, in parts of one, metrics are kept whose readings
// have digits that mean nothing: nanoseconds of a poll, the fifteenth digit of
// a percentage. It halves their size.
var resolution = map[cluster.Metric]float64{
	cluster.MetricLatency:  1e6,
	cluster.MetricSkew:     1e6,
	cluster.MetricPollTime: 1e6,
	cluster.MetricCPU:      100,
}

// add takes the samples of one observation. It is quick, and never fails: what
// cannot be kept is counted.
func (t *series) add(name string, at time.Time, list []cluster.Sample) {
	if len(list) == 0 {
		return
	}
	ms, now := at.UnixMilli(), t.now().UnixMilli()
	t.mu.Lock()
	defer t.mu.Unlock()
	if ms <= 0 || ms < now-lateLimit || ms > now+futureLimit {
		t.drop(len(list), now, "their time is too far from now")
		return
	}
	for len(list) > 0 {
		n := 1
		for n < len(list) && list[n].Object == list[0].Object {
			n++
		}
		t.addObject(objectKey{name, list[0].Object}, ms, now, list[:n])
		list = list[n:]
	}
}

func (t *series) addObject(key objectKey, ms, now int64, list []cluster.Sample) {
	o := t.objects[key]
	if o == nil {
		if t.lastObject+1 >= 1<<objectBits {
			t.drop(len(list), now, "too many objects")
			return
		}
		t.lastObject++
		o = &object{key: key, id: t.lastObject}
		t.objects[key] = o
		t.newObjects = append(t.newObjects, o)
	}
	b := t.bucketOf(o, ms/bucketSpan, now)
	if len(b.times) >= maxBucket {
		t.drop(len(list), now, "too many in 20 minutes")
		return
	}
	t.held += len(b.metrics)
	i := b.row(ms)
	row := b.values(i)
	for k, s := range list {
		if k >= len(b.names) || b.names[k] != s.Metric { // rare: always the same metrics in the same order
			if k = slices.Index(b.names, s.Metric); k < 0 {
				k = t.addColumn(b, s.Metric)
				row = b.values(i)
			}
		}
		v := s.Value + 0 // there is no negative zero here
		if v-v != 0 {    // NaN or infinite
			t.drop(1, now, "not a number")
			continue
		}
		if f := b.fine[k]; f != 0 && math.Abs(v) < 1e9 {
			v = math.RoundToEven(v*f)/f + 0
		}
		row[k] = v
	}
	t.journal[b.index] = b.appendEntry(t.journal[b.index], o.id, ms, row)
}

// values are the values of row i.
func (b *bucket) values(i int) []float64 {
	n := len(b.metrics)
	return b.rows[i*n : (i+1)*n]
}

// row finds the row of a time, or makes it, without values.
func (b *bucket) row(ms int64) int {
	i, found := len(b.times), false
	if i > 0 && ms <= b.times[i-1] { // the clock went back, or two answers crossed
		i, found = slices.BinarySearch(b.times, ms)
	}
	if !found {
		b.times = slices.Insert(b.times, i, ms)
		n := len(b.metrics)
		b.rows = slices.Grow(b.rows, n)
		b.rows = b.rows[:len(b.rows)+n]
		copy(b.rows[(i+1)*n:], b.rows[i*n:])
		for k := range n {
			b.rows[i*n+k] = missing
		}
	}
	return i
}

// arrange gives the bucket other columns; what was there under a metric stays.
func (b *bucket) arrange(metrics []uint32, names []cluster.Metric) {
	old := *b
	b.metrics, b.names = metrics, names
	b.fine = make([]float64, len(names))
	b.rows = make([]float64, len(b.times)*len(metrics))
	for k, m := range metrics {
		b.fine[k] = resolution[names[k]]
		from := slices.Index(old.metrics, m)
		for i := range b.times {
			v := missing
			if from >= 0 {
				v = old.rows[i*len(old.metrics)+from]
			}
			b.rows[i*len(metrics)+k] = v
		}
	}
}

// bucketOf finds the bucket to put a sample into, or opens one.
func (t *series) bucketOf(o *object, index, now int64) *bucket {
	for i := len(o.buckets) - 1; i >= 0; i-- {
		if b := o.buckets[i]; b.index == index && !b.closed {
			return b
		}
	}
	if t.held > maxHeld { // only while the disk takes nothing
		for i, b := range o.buckets {
			if !b.closed {
				t.held -= len(b.times) * len(b.metrics)
				t.drop(len(b.times)*len(b.metrics), now, "the disk takes nothing")
				o.buckets = slices.Delete(o.buckets, i, i+1)
				break
			}
		}
	}
	// Objects are sealed spread over some minutes, so that commits stay even.
	// A late bucket waits as long, so that one seal takes many late samples.
	phase := 30_000 + int64(o.id)*7919%240_000
	b := &bucket{index: index, fresh: true, due: max((index+1)*bucketSpan, now) + phase}
	if now < (index+1)*bucketSpan && len(o.buckets) > 0 { // expect as many as last time
		prev := o.buckets[len(o.buckets)-1]
		b.names, b.metrics, b.fine = slices.Clone(prev.names), slices.Clone(prev.metrics), slices.Clone(prev.fine)
		n := len(prev.times) + 8
		b.times = make([]int64, 0, n)
		b.rows = make([]float64, 0, n*len(b.metrics))
		b.last = make([]uint64, len(b.metrics))
	}
	o.buckets = append(o.buckets, b)
	return b
}

// addColumn starts the column of a metric in a bucket.
func (t *series) addColumn(b *bucket, m cluster.Metric) int {
	id, ok := t.metrics[m]
	if !ok {
		t.lastMetric++
		id = t.lastMetric
		t.metrics[m] = id
		t.newMetrics = append(t.newMetrics, m)
	}
	b.arrange(append(slices.Clone(b.metrics), id), append(slices.Clone(b.names), m))
	b.last = make([]uint64, len(b.metrics))
	b.fresh = true
	return len(b.metrics) - 1
}

// drop counts samples that are lost, and warns at most once a minute.
func (t *series) drop(n int, now int64, why string) {
	t.dropped += int64(n)
	if t.warned == 0 || now-t.warned >= warnInterval || now < t.warned {
		t.log.Warn("samples dropped", "count", t.dropped-t.warnedAt, "err", why)
		t.warned, t.warnedAt = now, t.dropped
	}
}

// Dropped is how many samples were lost since the start: with impossible
// times or values, or because the disk took nothing for too long.
func (s *Store) Dropped() int64 {
	s.samples.mu.Lock()
	defer s.samples.mu.Unlock()
	return s.samples.dropped
}

// table is the bucket as the samples of a chunk.
func (b *bucket) table() table {
	n := len(b.metrics)
	t := table{times: b.times, columns: make([]column, n)}
	all := make([]float64, len(b.rows))
	for k := range t.columns {
		values := all[k*len(b.times) : (k+1)*len(b.times)]
		for i := range values {
			values[i] = b.rows[i*n+k]
		}
		t.columns[k] = column{b.metrics[k] << 3, values}
	}
	return t
}
