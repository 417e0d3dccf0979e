package remoting

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"looksalive/cluster"
	"looksalive/remoting/scripts"
)

// decode reads a script's JSON into its shape. Fields that are missing stay empty:
// older scripts and older Windows know less.
func decode[T any](a answer) (T, error) {
	var shape T
	if err := json.Unmarshal(a.json, &shape); err != nil {
		return shape, fmt.Errorf("JSON: %w: %w", errBadAnswer, err)
	}
	return shape, nil
}

// decodeScriptError reads an err frame.
func decodeScriptError(b []byte) error {
	var raw struct {
		Message, Type, Id, Position string
		HResult                     int64
	}
	if err := json.Unmarshal(b, &raw); err != nil {
		return fmt.Errorf("error frame: %w: %w", errBadAnswer, err)
	}
	return &scriptError{
		Message: clean(raw.Message, textLen), Type: clean(raw.Type, nameLen), ID: clean(raw.Id, nameLen),
		Position: clean(raw.Position, textLen), HResult: raw.HResult,
	}
}

// parseTime reads ISO 8601; what cannot be read is the zero time.
func parseTime(s string) time.Time {
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		return time.Time{}
	}
	return t.UTC()
}

func seconds(n int) time.Duration      { return time.Duration(n) * time.Second }
func milliseconds(n int) time.Duration { return time.Duration(n) * time.Millisecond }

// convert maps a list; the result is never nil, so that JSON shows a list.
func convert[A, B any](in []A, f func(A) B) []B {
	out := make([]B, 0, len(in))
	for _, a := range in {
		out = append(out, f(a))
	}
	return out
}

// word looks up what a number of the storage classes means.
func word(table map[int]string, n int) string {
	if s, ok := table[n]; ok {
		return s
	}
	return "Unknown(" + strconv.Itoa(n) + ")"
}

func name(s string) string { return clean(s, nameLen) }

func decodeStorage(a answer, _ *peer, o *cluster.Observation) error {
	s, err := decode[scripts.StorageState](a)
	if err != nil {
		return err
	}
	if s.UtcNow == "" {
		return fmt.Errorf("it is not storage.ps1's: %w", errBadAnswer)
	}
	o.Denied = texts(s.Denied, nameLen)
	o.Storage = &cluster.Storage{
		Pools: convert(s.Pools, pool), VirtualDisks: convert(s.VirtualDisks, virtualDisk), Drives: convert(s.Drives, drive),
		Jobs: convert(s.Jobs, storageJob), Faults: convert(s.Faults, healthFault),
	}
	return nil
}
