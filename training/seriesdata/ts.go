package seriesdata

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/pkg/errors"

	"gorgonode/layers/series"
)

// LoadTS reads the series in a file; see ReadTS.
func LoadTS(path string) (*series.Set, error) { return load(path, ReadTS) }

// ReadTS reads series in the .ts format of the UEA and UCR archives (Bagnall et al. 2018): comments that begin with #, a
// header of lines that begin with @, and after @data a case a line, its channels separated by colons, the values of a
// channel by commas, and the class, or with @targetLabel a number, behind the last colon:
//
//	@problemName Gestures
//	@timeStamps false
//	@dimensions 2
//	@classLabel true left right
//	@data
//	0.1,0.2,?:1,2,3:left
//
// The times are 0, 1, 2, …; ? and NaN are missing values. Cases may be of different length, the channels of one may not.
// With @timeStamps true a channel has pairs (time,value), as (0.5,1.2),(2,?), of times of its own, which may be dates as
// in ReadLong, and may be empty; a value is missing where another channel alone has the time. What is wrong is said in a
// *training.ParseError with its line.
func ReadTS(r io.Reader, name string) (*series.Set, error) {
	p := &tsReader{name: name, set: &series.Set{Name: name}, missing: newMarks([]string{"?", "NaN"})}
	in := withoutMark(r)
	for {
		text, err := in.ReadString('\n')
		if err != nil && err != io.EOF {
			return nil, errors.Wrapf(err, "seriesdata: read %s", name)
		}
		p.line++
		if bad := p.take(strings.TrimSpace(text)); bad != nil {
			return nil, bad
		}
		if err == io.EOF {
			return p.finish()
		}
	}
}

type tsReader struct {
	name       string
	line       int
	set        *series.Set
	missing    marks
	inData     bool
	dimensions int // 0: not said
	classes    bool
	target     bool
	length     int // of every case; 0: not said
	stamped    bool
	clock      clock
}

func (p *tsReader) errorf(format string, args ...any) error {
	return parseError(p.name, p.line, 0, "", format, args...)
}

func (p *tsReader) take(text string) error {
	switch {
	case text == "" || text[0] == '#' || text[0] == '%':
		return nil
	case text[0] == '@' && p.inData:
		return p.errorf("%q stands behind @data", shorten(text))
	case text[0] == '@':
		return p.tag(strings.Fields(text))
	case !p.inData:
		return p.errorf("%q stands before @data and is neither a comment nor a tag", shorten(text))
	}
	return p.one(text)
}

// tag reads a line of the header. Tags that say what the data shows are passed over.
func (p *tsReader) tag(words []string) error {
	tag := strings.ToLower(words[0])
	flag := func() (bool, error) {
		if len(words) < 2 {
			return false, p.errorf("%s needs true or false", words[0])
		}
		v := strings.ToLower(words[1])
		if v != "true" && v != "false" {
			return false, p.errorf("%s %s: want true or false", words[0], shorten(words[1]))
		}
		return v == "true", nil
	}
	count := func() (int, error) {
		if len(words) != 2 {
			return 0, p.errorf("%s needs a number", words[0])
		}
		n, err := strconv.Atoi(words[1])
		if err != nil || n < 1 {
			return 0, p.errorf("%s %s: want a number from 1 on", words[0], shorten(words[1]))
		}
		return n, nil
	}
	var err error
	switch tag {
	case "@problemname":
		if len(words) > 1 {
			p.set.Name = strings.Join(words[1:], " ")
		}
	case "@timestamps":
		p.stamped, err = flag()
	case "@univariate":
		single, err := flag()
		if err != nil {
			return err
		}
		if single {
			p.dimensions = 1
		}
	case "@dimension", "@dimensions":
		p.dimensions, err = count()
	case "@serieslength":
		p.length, err = count()
	case "@missing", "@equallength":
		_, err = flag()
	case "@targetlabel":
		p.target, err = flag()
	case "@classlabel":
		if p.classes, err = flag(); err != nil {
			return err
		}
		if p.classes && len(words) < 3 {
			return p.errorf("@classLabel true needs the names of the classes")
		}
		if p.classes {
			p.set.Classes = slices.Clone(words[2:])
			sorted := slices.Sorted(slices.Values(words[2:]))
			if len(slices.Compact(sorted)) < len(words)-2 {
				return p.errorf("@classLabel names a class twice")
			}
		}
	case "@data":
		if p.classes && p.target {
			return p.errorf("@classLabel and @targetLabel are both true")
		}
		p.inData = true
	default:
		return p.errorf("unknown tag %s", shorten(words[0]))
	}
	return err
}

func (p *tsReader) finish() (*series.Set, error) {
	if !p.inData {
		return nil, parseError(p.name, 0, 0, "", "there is no @data")
	}
	if len(p.set.Series) == 0 {
		return nil, parseError(p.name, 0, 0, "", "there is no case")
	}
	if p.classes || p.target {
		p.set.Labels = []string{"label"}
	}
	p.set.TimeUnit = p.clock.unit()
	for k := range p.dimensions {
		p.set.Channels = append(p.set.Channels, fmt.Sprintf("channel%d", k+1))
	}
	return p.set, errors.WithMessage(p.set.Validate(), "seriesdata")
}
