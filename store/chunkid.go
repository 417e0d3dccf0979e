package store

import "time"

// Time blocks, in milliseconds. Every span is a multiple of the one before and
// all are counted from 1970, so a block lies wholly in one of the next tier.
const (
	bucketSpan = int64(20 * time.Minute / time.Millisecond) // of a freshly sealed chunk
	blockSpan  = 12 * bucketSpan                            // 4 hours: merged samples, and their 5-minute points
	hourSpan   = 64 * blockSpan                             // 256 hours: a row of hourly points
	daySpan    = 6 * hourSpan                               // 64 days: a row of daily points
)

// tier says what a chunk holds. Numbers are stored.
type tier int64

const (
	tierFresh  tier = 1 // samples, one bucket
	tierRaw    tier = 2 // samples, one block
	tierFive   tier = 3 // 5-minute points
	tierHour   tier = 4
	tierDay    tier = 5
	tierBeyond tier = 6
)

// span is the time one chunk of the tier covers, step the distance of its points.
func (t tier) span() int64 {
	return [...]int64{tierFresh: bucketSpan, tierRaw: blockSpan, tierFive: blockSpan, tierHour: hourSpan, tierDay: daySpan}[t]
}

func (t tier) step() int64 {
	return [...]int64{tierFresh: 0, tierRaw: 0, tierFive: 300_000, tierHour: 3_600_000, tierDay: 86_400_000}[t]
}

// A chunk's id is tier, block, column group and object, in that order: what
// retention deletes is one range of ids, and new chunks come at the end.
const (
	objectBits = 24
	groupBits  = 8
	blockBits  = 28 // of 20 minutes: until the year 12,000
)

func chunkID(t tier, block int64, group, object uint32) int64 {
	return int64(t)<<(blockBits+groupBits+objectBits) | block<<(groupBits+objectBits) | int64(group)<<objectBits | int64(object)
}

// chunkObject and chunkBlock take an id apart.
func chunkObject(id int64) uint32 { return uint32(id & (1<<objectBits - 1)) }
func chunkBlock(id int64) int64   { return id >> (groupBits + objectBits) & (1<<blockBits - 1) }

// groupOf is the column group of a metric in all tiers but tierFresh, which
// has one group only: reading one metric of 64 touches a quarter of the bytes.
func groupOf(metric uint32) uint32 { return metric / 16 }

// A journal row's id is its bucket and a running number.
const journalBits = 28

func journalID(bucket, number int64) int64 { return bucket<<journalBits | number }
func journalBucket(id int64) int64         { return id >> journalBits }
