package weir

import (
	"context"
	"errors"
	"io"
	"iter"
	"math"
	"time"

	"weir.dev/client/internal/weirv1"
)

// ChangeKind says what a row does to the result.
type ChangeKind string

// A new row, the row that an update replaces, the one that it leaves, a row gone.
const (
	Insert       ChangeKind = "+I"
	UpdateBefore ChangeKind = "-U"
	UpdateAfter  ChangeKind = "+U"
	Delete       ChangeKind = "-D"
)

// Change is a row and what it does to the result.
type Change struct {
	Kind ChangeKind
	Row  Row
	// EventTime is zero for a row without one.
	EventTime time.Time
}

// Event is a step of a result: Header, Batch, Watermark, Heartbeat or End.
type Event interface{ isEvent() }

// Header comes first, once a call.
type Header struct {
	Schema     Schema
	Continuous bool
}

// Batch has rows in order.
type Batch struct {
	Changes []Change
	// Snapshot is true for rows of the snapshot that a subscription begins with.
	Snapshot bool
	// ResumeToken: resuming with it goes on after the last of these rows; empty when the result can't be resumed.
	ResumeToken string
}

// Watermark says that everything before this event time has come.
type Watermark struct {
	Time time.Time
	// EndOfTime: the input is finished; Time has no meaning.
	EndOfTime   bool
	ResumeToken string
}

// Heartbeat says that nothing has happened for a while.
type Heartbeat struct{}

// End comes last, when the result is complete.
type End struct {
	Rows    int64
	Elapsed time.Duration
}

func (Header) isEvent()    {}
func (Batch) isEvent()     {}
func (Watermark) isEvent() {}
func (Heartbeat) isEvent() {}
func (End) isEvent()       {}

// response is what QueryResponse and SubscribeResponse have in common.
type response interface {
	GetHeader() *weirv1.ResultHeader
	GetBatch() *weirv1.RowBatch
	GetWatermark() *weirv1.Watermark
	GetHeartbeat() *weirv1.Heartbeat
	GetEnd() *weirv1.ResultEnd
}

// noTime marks a row without an event time.
const noTime = math.MinInt64

// decoder makes the events of one call. A batch that came in parts is one event: its token holds for all of it or nothing.
type decoder struct {
	columns []*weirv1.Column
	parts   []Change
}

// decode gives nil for what is no event (yet).
func (d *decoder) decode(message response) Event {
	if header := message.GetHeader(); header != nil {
		d.columns = header.GetSchema().GetColumns()
		return Header{readSchema(header.GetSchema()), header.GetContinuous()}
	}
	if batch := message.GetBatch(); batch != nil {
		return d.batch(batch)
	}
	if watermark := message.GetWatermark(); watermark != nil {
		at := time.UnixMicro(watermark.GetTimeMicros()).UTC()
		return Watermark{at, watermark.GetEndOfTime(), watermark.GetResumeToken()}
	}
	if message.GetHeartbeat() != nil {
		return Heartbeat{}
	}
	if end := message.GetEnd(); end != nil {
		return End{end.GetRows(), time.Duration(end.GetElapsedMillis()) * time.Millisecond}
	}
	return nil
}

func (d *decoder) batch(batch *weirv1.RowBatch) Event {
	for i, row := range batch.GetRows() {
		change := Change{Kind: Insert, Row: readRow(d.columns, row.GetValues())}
		if i < len(batch.GetChanges()) {
			change.Kind = changeKind(batch.GetChanges()[i])
		}
		if times := batch.GetEventTimeMicros(); i < len(times) && times[i] != noTime {
			change.EventTime = time.UnixMicro(times[i]).UTC()
		}
		d.parts = append(d.parts, change)
	}
	if batch.GetPartial() {
		return nil
	}
	changes := d.parts
	d.parts = nil
	return Batch{changes, batch.GetSnapshot(), batch.GetResumeToken()}
}

func changeKind(kind weirv1.ChangeKind) ChangeKind {
	switch kind {
	case weirv1.ChangeKind_CHANGE_KIND_UPDATE_BEFORE:
		return UpdateBefore
	case weirv1.ChangeKind_CHANGE_KIND_UPDATE_AFTER:
		return UpdateAfter
	case weirv1.ChangeKind_CHANGE_KIND_DELETE:
		return Delete
	default:
		return Insert
	}
}

// receiver reads the next message of a call.
type receiver func() (response, error)

// events of one call; open is called when they are iterated, and its context ends with the loop.
func events(ctx context.Context, open func(context.Context) (receiver, error)) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		receive, err := open(ctx)
		if err != nil {
			yield(nil, toError(err))
			return
		}
		decoder := decoder{}
		for {
			message, err := receive()
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil {
				yield(nil, toError(err))
				return
			}
			if event := decoder.decode(message); event != nil && !yield(event, nil) {
				return
			}
		}
	}
}

// Result is the answer to a SELECT. Iterate it once: over Rows, over Changes when rows are updated or deleted, or over Events for
// watermarks and the rest. What is not taken, the server does not send; leaving the loop cancels the query.
type Result struct {
	ctx  context.Context
	open func(context.Context) (receiver, error)
}

// Events gives everything that the server tells.
func (r *Result) Events() iter.Seq2[Event, error] { return events(r.ctx, r.open) }

// Changes gives every change, one at a time.
func (r *Result) Changes() iter.Seq2[Change, error] { return changesOf(r.Events()) }

// Rows gives the rows alone.
func (r *Result) Rows() iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		for change, err := range r.Changes() {
			if !yield(change.Row, err) {
				return
			}
		}
	}
}

// All reads all rows; for results that end.
func (r *Result) All() ([]Row, error) {
	var rows []Row
	for row, err := range r.Rows() {
		if err != nil {
			return nil, err
		}
		rows = append(rows, row)
	}
	return rows, nil
}

func changesOf(events iter.Seq2[Event, error]) iter.Seq2[Change, error] {
	return func(yield func(Change, error) bool) {
		for event, err := range events {
			if err != nil {
				yield(Change{}, err)
				return
			}
			if batch, ok := event.(Batch); ok {
				for _, change := range batch.Changes {
					if !yield(change, nil) {
						return
					}
				}
			}
		}
	}
}
