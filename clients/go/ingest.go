package weir

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"time"

	"google.golang.org/grpc"

	"weir.dev/client/internal/weirv1"
)

// IngestOptions say who writes and how much waits.
type IngestOptions struct {
	// ProducerID names the sequence; a producer that starts again under its name gives FirstSequence. Default: a random one.
	ProducerID    string
	FirstSequence int64
	// BatchRecordsMax is how many records one request has at most; 0: 500.
	BatchRecordsMax int
	// RequestsInFlightMax is how many requests may be without an acknowledgement; Write waits beyond. 0: 8.
	RequestsInFlightMax int
	// ReconnectAttemptsMax without any acknowledgement between them; 0: no limit.
	ReconnectAttemptsMax int
}

// Record is what is written, with more than its value.
type Record struct {
	// Value as Write takes it.
	Value any
	// Key decides the partition; nil: none.
	Key []byte
	// Timestamp of the record; zero: when it is appended.
	Timestamp time.Time
}

const (
	batchRecordsMax     = 500
	requestsInFlightMax = 8
	// batchBytesMax is half of what a server takes in one message by default.
	batchBytesMax = 2 << 20
)

var errClosed = errors.New("the writer is closed")

// Writer writes records to a stream, with acknowledgements, and again after a break: nothing lost, nothing doubled, as long as the
// writer lives. Safe for several goroutines.
//
// Every record has a sequence; what is not acknowledged is kept, and sent again on the next connection with the same sequences. The
// server leaves out what it already has, so an acknowledgement that was lost does no harm.
type Writer struct {
	stream  string
	options IngestOptions
	open    func(context.Context) (grpc.BidiStreamingClient[weirv1.IngestRequest, weirv1.IngestResponse], error)
	ctx     context.Context
	cancel  context.CancelFunc
	done    chan struct{}

	mutex sync.Mutex
	// changed is closed, and another put in its place, whenever something below changes.
	changed chan struct{}
	batch   []*weirv1.IngestRecord
	bytes   int
	// pending requests are sent or to be sent, in order, and not acknowledged.
	pending []*weirv1.IngestRequest
	// sent is how many of them this call was given.
	sent                 int
	next                 int64
	appended, duplicates int64
	failure              error
	closed               bool
}

// ProducerID names the sequence of the writer.
func (w *Writer) ProducerID() string { return w.options.ProducerID }

// Appended is how many records the server has appended.
func (w *Writer) Appended() int64 { return locked(w, func() int64 { return w.appended }) }

// Duplicates is how many it had already.
func (w *Writer) Duplicates() int64 { return locked(w, func() int64 { return w.duplicates }) }

// NextSequence is the sequence of the next record: what a producer stores to start again under its name.
func (w *Writer) NextSequence() int64 { return locked(w, func() int64 { return w.next }) }

func locked[T any](w *Writer, read func() T) T {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	return read()
}

// Write takes a []byte as it is, a string as its UTF-8 and anything else as JSON. It returns when there is room for more, not when the
// record is durable: that is Flush.
func (w *Writer) Write(ctx context.Context, value any) error {
	return w.WriteRecord(ctx, Record{Value: value})
}

// WriteRecord is Write with a key and a time.
func (w *Writer) WriteRecord(ctx context.Context, record Record) error {
	wire := &weirv1.IngestRecord{Key: record.Key}
	switch value := record.Value.(type) {
	case []byte:
		wire.Value = value
	case string:
		wire.Value = []byte(value)
	default:
		encoded, err := json.Marshal(value)
		if err != nil {
			return err
		}
		wire.Value = encoded
	}
	if !record.Timestamp.IsZero() {
		millis := record.Timestamp.UnixMilli()
		wire.TimestampMillis = &millis
	}
	return w.when(ctx, w.hasRoom, func() error {
		if w.closed {
			return errClosed
		}
		if len(w.batch) >= w.options.BatchRecordsMax || w.bytes >= batchBytesMax {
			w.endBatch()
		}
		w.batch = append(w.batch, wire)
		w.bytes += len(wire.Value)
		w.next++
		w.wake()
		return nil
	})
}

// Flush returns when every record written so far is durable.
func (w *Writer) Flush(ctx context.Context) error {
	return w.when(ctx, w.isEmpty, func() error { return nil })
}

// Close flushes, then ends the call.
func (w *Writer) Close(ctx context.Context) error {
	err := w.Flush(ctx)
	w.mutex.Lock()
	w.closed = true
	w.wake()
	w.mutex.Unlock()
	w.cancel()
	<-w.done
	return err
}

// when waits for a condition, and then acts, under the lock; the failure of the writer comes first.
func (w *Writer) when(ctx context.Context, condition func() bool, act func() error) error {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	for w.failure == nil && !w.closed && !condition() {
		changed := w.changed
		w.mutex.Unlock()
		select {
		case <-changed:
		case <-ctx.Done():
		}
		w.mutex.Lock()
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	if w.failure != nil {
		return w.failure
	}
	return act()
}

// wake, as everything below, is called under the lock.
func (w *Writer) wake() {
	close(w.changed)
	w.changed = make(chan struct{})
}

func (w *Writer) hasRoom() bool {
	return len(w.pending) < w.options.RequestsInFlightMax ||
		len(w.batch) < w.options.BatchRecordsMax && w.bytes < batchBytesMax
}

func (w *Writer) isEmpty() bool { return len(w.pending) == 0 && len(w.batch) == 0 }

func (w *Writer) endBatch() {
	sequence := w.next - int64(len(w.batch))
	w.pending = append(w.pending, &weirv1.IngestRequest{
		Stream: w.stream, ProducerId: w.options.ProducerID, Sequence: &sequence, Records: w.batch,
	})
	w.batch, w.bytes = nil, 0
}

// nextRequest is what the call has not been given yet: a batch goes out as soon as there is room for its request, so that records wait
// for nothing while the server keeps up, and gather while it does not.
func (w *Writer) nextRequest() *weirv1.IngestRequest {
	if w.sent == len(w.pending) {
		if len(w.batch) == 0 || len(w.pending) >= w.options.RequestsInFlightMax {
			return nil
		}
		w.endBatch()
		w.wake()
	}
	w.sent++
	return w.pending[w.sent-1]
}

// run makes one call after the other, until the writer is closed or has failed.
func (w *Writer) run() {
	defer close(w.done)
	backoff := backoff{}
	for w.when(w.ctx, func() bool { return !w.isEmpty() }, func() error { return nil }) == nil && w.ctx.Err() == nil {
		err := toError(w.call(&backoff))
		w.mutex.Lock()
		w.sent = 0
		most := w.options.ReconnectAttemptsMax
		if w.ctx.Err() == nil && (!isTransient(err) || most > 0 && backoff.attempts >= most) {
			w.failure = err
			w.wake()
		}
		failed := w.failure != nil
		w.mutex.Unlock()
		if failed || backoff.wait(w.ctx) != nil {
			return
		}
	}
}

// call sends and takes acknowledgements until it breaks.
func (w *Writer) call(backoff *backoff) error {
	ctx, cancel := context.WithCancel(w.ctx)
	call, err := w.open(ctx)
	if err != nil {
		cancel()
		return err
	}
	sender := make(chan struct{})
	go func() {
		defer close(sender)
		w.send(ctx, call)
	}()
	for {
		ack, err := call.Recv()
		if err != nil {
			cancel()
			<-sender
			return err
		}
		backoff.reset()
		w.mutex.Lock()
		w.pending = w.pending[1:]
		w.sent--
		w.appended += ack.GetAppended()
		w.duplicates += ack.GetDuplicates()
		w.wake()
		w.mutex.Unlock()
	}
}

// send goes on until the call breaks: why, its reader is told.
func (w *Writer) send(ctx context.Context, call grpc.BidiStreamingClient[weirv1.IngestRequest, weirv1.IngestResponse]) {
	for {
		var request *weirv1.IngestRequest
		take := func() bool {
			request = w.nextRequest()
			return request != nil
		}
		if w.when(ctx, take, func() error { return nil }) != nil || request == nil || call.Send(request) != nil {
			return
		}
	}
}
