package weir

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"

	"google.golang.org/genproto/googleapis/rpc/code"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// Error is what the server refused, or a call that broke.
type Error struct {
	// Status is the name of the gRPC status: INVALID_ARGUMENT, NOT_FOUND, UNAVAILABLE …
	Status string
	// Reason is stable, such as UNKNOWN_COLUMN; the status when the server gave none.
	Reason  string
	Message string
	// Hint says what to do about it.
	Hint string
	// Retry is true when the same call may succeed later without a change.
	Retry bool
	// Diagnostics of a statement that can't run; empty for other errors.
	Diagnostics []Diagnostic
	// ResumeToken says where a stream that was cut goes on.
	ResumeToken string
	Metadata    map[string]string

	cause *status.Status
}

// Diagnostic is something wrong with a text, and where: offset and length in UTF-16 units, line and column from 1.
type Diagnostic struct {
	// Code is stable, such as UNKNOWN_COLUMN.
	Code     string
	Severity string
	Message  string
	Hint     string
	Line     int
	Column   int
	Offset   int
	Length   int
}

func (e *Error) Error() string { return e.Message }

// GRPCStatus is for those who look at errors as google.golang.org/grpc/status does.
func (e *Error) GRPCStatus() *status.Status { return e.cause }

// Unwrap lets errors.Is find what has become of a context.
func (e *Error) Unwrap() error {
	switch e.cause.Code() {
	case codes.DeadlineExceeded:
		return context.DeadlineExceeded
	case codes.Canceled:
		return context.Canceled
	default:
		return nil
	}
}

// Render is for a terminal: every diagnostic with its line of the statement and carets under the place.
func (e *Error) Render(sql string) string {
	if len(e.Diagnostics) == 0 {
		return fmt.Sprintf("error[%s]: %s%s", e.Reason, e.Message, hintLine(e.Hint))
	}
	rendered := make([]string, len(e.Diagnostics))
	for i, diagnostic := range e.Diagnostics {
		rendered[i] = diagnostic.render(sql)
	}
	return strings.Join(rendered, "\n\n")
}

// SilenceError means that the server has said nothing at all for too long: the connection is taken for dead.
type SilenceError struct{ After time.Duration }

func (e *SilenceError) Error() string {
	return fmt.Sprintf("the server has said nothing for %s", e.After)
}

func isTransient(err error) bool {
	var silence *SilenceError
	var refused *Error
	return errors.As(err, &silence) || errors.As(err, &refused) && refused.Retry
}

func toError(err error) error {
	cause, ok := status.FromError(err)
	if !ok {
		return err
	}
	result := &Error{Status: code.Code(cause.Code()).String(), Message: cause.Message(), cause: cause}
	details := cause.Details()
	for _, detail := range details {
		switch detail := detail.(type) {
		case *errdetails.ErrorInfo:
			result.Reason, result.Metadata = detail.GetReason(), detail.GetMetadata()
		case *errdetails.BadRequest:
			for _, violation := range detail.GetFieldViolations() {
				if diagnostic, ok := readViolation(violation.GetDescription()); ok {
					result.Diagnostics = append(result.Diagnostics, diagnostic)
				}
			}
		}
	}
	if result.Reason == "" {
		result.Reason = result.Status
	}
	result.Hint, result.ResumeToken = result.Metadata["hint"], result.Metadata["resume_token"]
	result.Retry = result.Metadata["retry"] == "true" || cause.Code() == codes.Unavailable ||
		len(details) == 0 && wasReset(cause)
	return result
}

// wasReset: a stream that was reset, by a server that cut a slow reader or by a connection that broke, brings no details.
func wasReset(cause *status.Status) bool {
	reset := cause.Code() == codes.Internal || cause.Code() == codes.ResourceExhausted
	return reset && strings.Contains(cause.Message(), "RST_STREAM")
}

var violationText = regexp.MustCompile(
	`(?s)^line (\d+), column (\d+), offset (\d+), length (\d+): ([A-Z0-9_]+): (.*?)(?: \(hint: (.*)\))?$`)

func readViolation(description string) (Diagnostic, bool) {
	match := violationText.FindStringSubmatch(description)
	if match == nil {
		return Diagnostic{}, false
	}
	place := [4]int{}
	for i := range place {
		place[i], _ = strconv.Atoi(match[i+1])
	}
	return Diagnostic{
		Code: match[5], Severity: "error", Message: match[6], Hint: match[7],
		Line: place[0], Column: place[1], Offset: place[2], Length: place[3],
	}, true
}

func (d Diagnostic) render(sql string) string {
	// Offsets count UTF-16 units.
	units := utf16.Encode([]rune(sql))
	start := min(max(d.Offset-(d.Column-1), 0), len(units))
	line, _, _ := strings.Cut(string(utf16.Decode(units[start:])), "\n")
	line = strings.TrimSuffix(line, "\r")
	lineUnits := utf16.Encode([]rune(line))
	before := string(utf16.Decode(lineUnits[:min(d.Column-1, len(lineUnits))]))
	margin := strings.Repeat(" ", len(strconv.Itoa(d.Line)))
	// Tabs stay tabs in the padding, so that the carets stand under their text at any tab width.
	padding := strings.Map(func(r rune) rune {
		if r == '\t' {
			return r
		}
		return ' '
	}, before)
	carets := strings.Repeat("^", max(1, min(d.Length, len(lineUnits)-(d.Column-1))))
	return fmt.Sprintf("error[%s]: %s\n --> line %d, column %d\n%s |\n%d | %s\n%s | %s%s%s",
		d.Code, d.Message, d.Line, d.Column, margin, d.Line, line, margin, padding, carets, hintLine(d.Hint))
}

func hintLine(hint string) string {
	if hint == "" {
		return ""
	}
	return "\nhint: " + hint
}
