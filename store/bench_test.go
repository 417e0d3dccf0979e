//go:build unix

package store

import (
	"database/sql"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"looksalive/cluster"
)

// fleet makes samples as real nodes would: constants, counters, percentages
// with noise, rates that follow a walk.
type fleet struct {
	r      *rand.Rand
	names  []cluster.Metric
	state  [][]float64 // by node and metric
	list   []cluster.Sample
	object []string
}

var nodeMetrics = []cluster.Metric{cluster.MetricCPU, cluster.MetricMemoryUsed, cluster.MetricMemory, cluster.MetricNetRx, cluster.MetricNetTx,
	cluster.MetricReadIOPS, cluster.MetricWriteIOPS, cluster.MetricReadBps, cluster.MetricWriteBps, cluster.MetricLatency,
	cluster.MetricSkew, cluster.MetricVMs, cluster.MetricPollTime}

func newFleet(nodes, metrics int) *fleet {
	f := &fleet{r: rand.New(rand.NewPCG(1, 1))}
	for i := range metrics {
		if metrics == len(nodeMetrics) {
			f.names = append(f.names, nodeMetrics[i])
		} else {
			f.names = append(f.names, cluster.Metric(fmt.Sprintf("metric.%02d", i)))
		}
	}
	for n := range nodes {
		f.object = append(f.object, fmt.Sprintf("node/HV-%04d", n))
		state := make([]float64, metrics)
		for i := range state {
			state[i] = float64(1000 + f.r.IntN(100_000))
		}
		f.state = append(f.state, state)
	}
	f.list = make([]cluster.Sample, metrics)
	return f
}

// poll is the next answer of a node.
func (f *fleet) poll(node int) []cluster.Sample {
	st := f.state[node]
	noise := f.r.Uint64()
	for i, m := range f.names {
		x := int64(noise >> (i % 32) & 1023)
		var v float64
		switch i % 13 {
		case 0: // percent, two digits
			st[i] += float64(x-511) / 8
			if st[i] < 0 || st[i] > 10_000 {
				st[i] = 2000
			}
			v = float64(int64(st[i])) / 100
		case 1: // bytes, in pages
			st[i] += float64(x - 511)
			v = 64<<30 + 4096*float64(int64(st[i]))
		case 2:
			v = 128 << 30
		case 3, 4: // bits a second
			v = float64(int64(st[i])*1000 + x*64)
		case 5, 6:
			v = float64(x)
		case 7, 8: // bytes a second, in blocks of 4 KB
			v = float64(x) * 4096
		case 9: // seconds, to the microsecond
			v = float64(400+x/4) / 1e6
		case 10:
			v = float64(x%16) / 1e3
		case 11:
			v = float64(int64(st[i]) % 40)
		case 12:
			v = float64(28_000+x) / 1e6
		}
		f.list[i] = cluster.Sample{Object: f.object[node], Metric: m, Value: v}
	}
	return f.list
}

// BenchmarkIngest writes the samples of 1,024 nodes with a poll each 10 s as
// fast as it can: journal each second, seal, merge and rollups, all as Run
// does it. One operation is 4 hours and 20 minutes: a block, and what it takes
// to merge it. Making the samples is part of the time and is reported alone.
func BenchmarkIngest(b *testing.B) {
	for _, metrics := range []int{13, 64} {
		b.Run(fmt.Sprintf("%dmetrics", metrics), func(b *testing.B) {
			const nodes = 1024
			for range b.N {
				b.StopTimer()
				c := newClock()
				c.t = c.t.Truncate(4 * time.Hour)
				dir := b.TempDir()
				s := open(b, dir, c)
				f := newFleet(nodes, metrics)
				begin := time.Now()
				for range 200_000 / metrics {
					f.poll(0)
				}
				making := time.Since(begin).Seconds() / float64(200_000/metrics*metrics)
				samples := 0
				b.StartTimer()
				begin = time.Now()
				cpu := cpuTime()
				for range 26 * 60 * 10 { // seconds: 4 hours 20
					for n := range nodes / 10 {
						node := (int(c.t.Unix())%10)*(nodes/10) + n
						s.samples.add("alpha", c.t.Add(time.Duration(f.r.IntN(5))*time.Millisecond), f.poll(node))
						samples += metrics
					}
					if err := s.commit(b.Context(), true); err != nil {
						b.Fatal(err)
					}
					c.t = c.t.Add(time.Second)
					if c.t.Unix()%10 == 0 {
						if _, err := s.tidy(b.Context()); err != nil {
							b.Fatal(err)
						}
					}
				}
				took, burnt := time.Since(begin).Seconds(), cpuTime()-cpu
				b.StopTimer()
				reportSizes(b, s, int64(samples))
				b.ReportMetric(float64(samples)/took/1e6, "Msamples/s")
				b.ReportMetric(making*1e9, "ns/sample-made")
				b.ReportMetric(float64(samples)/(burnt-making*float64(samples))/1e6, "Msamples/CPU-s")
				s.Close()
			}
		})
	}
}

// cpuTime is how many seconds of processor this process has used: on a busy
// machine the only fair measure.
func cpuTime() float64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e9
}

func reportSizes(b *testing.B, s *Store, samples int64) {
	b.Helper()
	tidyAll(b, s)
	sum := func(lo, hi tier) (n float64) {
		if err := s.r.QueryRow(`SELECT coalesce(sum(length(data)), 0) FROM chunk WHERE id >= ? AND id < ?`,
			chunkID(lo, 0, 0, 0), chunkID(hi, 0, 0, 0)).Scan(&n); err != nil {
			b.Fatal(err)
		}
		return n
	}
	var merged int64
	rows, err := s.r.Query(`SELECT data FROM chunk WHERE id >= ? AND id < ?`, chunkID(tierRaw, 0, 0, 0), chunkID(tierFive, 0, 0, 0))
	if err != nil {
		b.Fatal(err)
	}
	for rows.Next() {
		var data []byte
		if err := rows.Scan(&data); err != nil {
			b.Fatal(err)
		}
		v, err := openChunk(data)
		if err != nil {
			b.Fatal(err)
		}
		merged += int64(v.n * len(v.cols))
	}
	b.ReportMetric(sum(tierRaw, tierFive)/float64(max(merged, 1)), "B/raw-sample")
	b.ReportMetric(sum(tierFive, tierHour)/float64(max(merged, 1)), "B/sample-for-5min")
	var pages, free, size float64
	if err := s.w.QueryRow(`SELECT page_count, freelist_count, page_size FROM pragma_page_count, pragma_freelist_count, pragma_page_size`).Scan(&pages, &free, &size); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric((pages-free)*size/float64(samples), "B/sample-all-pages")
}

// BenchmarkIngestRowPerSample is what BenchmarkIngest is compared with: the
// same samples, one row each, one transaction a second.
func BenchmarkIngestRowPerSample(b *testing.B) {
	const metrics, nodes = 13, 1024
	for range b.N {
		b.StopTimer()
		path := filepath.Join(b.TempDir(), "rows.db")
		db, err := sql.Open("sqlite", dsn(path, "immediate", "busy_timeout(5000)", "journal_mode(WAL)", "synchronous(NORMAL)"))
		if err != nil {
			b.Fatal(err)
		}
		db.SetMaxOpenConns(1)
		if _, err := db.Exec(`CREATE TABLE sample (series INTEGER, at INTEGER, value REAL, PRIMARY KEY (series, at)) WITHOUT ROWID`); err != nil {
			b.Fatal(err)
		}
		f := newFleet(nodes, metrics)
		at := newClock().t
		samples := 0
		b.StartTimer()
		begin, cpu := time.Now(), cpuTime()
		for range 60 {
			tx, err := db.Begin()
			if err != nil {
				b.Fatal(err)
			}
			st, err := tx.Prepare(`INSERT INTO sample VALUES (?, ?, ?)`)
			if err != nil {
				b.Fatal(err)
			}
			for n := range nodes / 10 {
				node := (int(at.Unix())%10)*(nodes/10) + n
				for m, x := range f.poll(node) {
					if _, err := st.Exec(node*metrics+m, at.UnixMilli(), x.Value); err != nil {
						b.Fatal(err)
					}
					samples++
				}
			}
			st.Close()
			if err := tx.Commit(); err != nil {
				b.Fatal(err)
			}
			at = at.Add(time.Second)
		}
		b.ReportMetric(float64(samples)/time.Since(begin).Seconds()/1e6, "Msamples/s")
		b.ReportMetric(float64(samples)/(cpuTime()-cpu)/1e6, "Msamples/CPU-s")
		b.StopTimer()
		if _, err := db.Exec("PRAGMA wal_checkpoint(TRUNCATE)"); err != nil {
			b.Fatal(err)
		}
		if info, err := os.Stat(path); err == nil {
			b.ReportMetric(float64(info.Size())/float64(samples), "B/sample-all-pages")
		}
		db.Close()
	}
}
