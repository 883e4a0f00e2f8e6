package odefile

import (
	"github.com/alecthomas/participle/v2"
	"github.com/alecthomas/participle/v2/lexer"
)

// The tokens. Range comes before Number, which would take "1." out of "1..5".
var tokens = lexer.MustSimple([]lexer.SimpleRule{
	{Name: "space", Pattern: `[ \t\r\n\f\v\\]+`},
	{Name: "Range", Pattern: `\d+[ \t]*\.\.[ \t]*\d+`},
	{Name: "Number", Pattern: `(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?`},
	{Name: "Ident", Pattern: `[A-Za-z_][A-Za-z0-9_]*`},
	{Name: "Prime", Pattern: `'`},
	{Name: "Operator", Pattern: `\*\*|==|<=|>=|!=|[-+*/^<>=&|!(),\[\]]`},
})

// The grammar of a definition, in the tags of the structs:
//
//	name' = …   dname/dt = …   name = …   !name = …   name(0) = …   name(x, y) = …
type definition struct {
	Pos   lexer.Position
	Bang  bool           `parser:"@'!'?"`
	Name  *reference     `parser:"@@"`
	Slash bool           `parser:"( @'/'"`
	Below string         `parser:"@Ident"`
	Args  []*disjunction `parser:"| '(' @@ (',' @@)* ')' )?"`
	Equal bool           `parser:"@'='"`
	Value *disjunction   `parser:"@@"`
}

// assignments is a list of name = value, as in par and init.
type assignments struct {
	Items []*assignment `parser:"( @@ ','* )+"`
}

type assignment struct {
	Pos   lexer.Position
	Name  *reference   `parser:"@@"`
	Equal bool         `parser:"@'='"`
	Value *disjunction `parser:"@@"`
	Free  *freedom     `parser:"( (?! 'free' '=' ) @@ )?"`
}

// freedom is what stands behind a value that a fit may change: free, free > 0, free < 1, free in [0, 1].
type freedom struct {
	Pos   lexer.Position
	Free  bool         `parser:"@'free'"`
	Above *sum         `parser:"( '>' @@"`
	Below *sum         `parser:"| '<' @@"`
	Low   *disjunction `parser:"| 'in' '[' @@ ','"`
	High  *disjunction `parser:"@@ ']' )?"`
}

// network is the grammar of net f, g(x, y) = mlp(hidden=[16, 16], act=tanh).
type network struct {
	Outputs []*word    `parser:"@@ ( ',' @@ )*"`
	Inputs  []*word    `parser:"'(' @@ ( ',' @@ )* ')' '='"`
	Kind    *word      `parser:"@@"`
	Options []*setting `parser:"'(' ( @@ ( ',' @@ )* )? ')'"`
}

type word struct {
	Pos  lexer.Position
	Name string `parser:"@Ident"`
}

type setting struct {
	Pos    lexer.Position
	Name   string   `parser:"@Ident '='"`
	Word   string   `parser:"( @Ident"`
	Number string   `parser:"| @Number"`
	List   bool     `parser:"| @'['"`
	Widths []string `parser:"( @Number ( ',' @Number )* )? ']' )"`
}

// The grammar of expressions, from what binds weakest to what binds strongest.
type disjunction struct {
	Pos  lexer.Position
	X    *conjunction   `parser:"@@"`
	Rest []*conjunction `parser:"( '|' @@ )*"`
}

type conjunction struct {
	Pos  lexer.Position
	X    *negation   `parser:"@@"`
	Rest []*negation `parser:"( '&' @@ )*"`
}

type negation struct {
	Pos lexer.Position
	Not []string    `parser:"@'not'*"`
	X   *comparison `parser:"@@"`
}

type comparison struct {
	Pos lexer.Position
	X   *sum   `parser:"@@"`
	Op  string `parser:"( @('==' | '!=' | '<=' | '>=' | '<' | '>')"`
	Y   *sum   `parser:"@@ )?"`
}

type sum struct {
	Pos  lexer.Position
	X    *product  `parser:"@@"`
	Rest []*addend `parser:"@@*"`
}

type addend struct {
	Pos lexer.Position
	Op  string   `parser:"@('+' | '-')"`
	X   *product `parser:"@@"`
}

type product struct {
	Pos  lexer.Position
	X    *signed   `parser:"@@"`
	Rest []*factor `parser:"@@*"`
}

type factor struct {
	Pos lexer.Position
	Op  string  `parser:"@('*' | '/')"`
	X   *signed `parser:"@@"`
}

type signed struct {
	Pos   lexer.Position
	Signs []string `parser:"@('-' | '+')*"`
	X     *power   `parser:"@@"`
}

type power struct {
	Pos       lexer.Position
	X         *primary    `parser:"@@"`
	Exponents []*exponent `parser:"( ('^' | '**') @@ )*"`
}

type exponent struct {
	Pos   lexer.Position
	Signs []string `parser:"@('-' | '+')*"`
	X     *primary `parser:"@@"`
}

type primary struct {
	Pos    lexer.Position
	Number string       `parser:"@Number"`
	Index  *disjunction `parser:"| '[' @@ ']'"`
	Paren  *disjunction `parser:"| '(' @@ ')'"`
	If     *conditional `parser:"| @@"`
	Call   *call        `parser:"| @@"`
	Name   *reference   `parser:"| (?! 'if' | 'then' | 'else' | 'not') @@"`
}

type conditional struct {
	Pos  lexer.Position
	If   *disjunction `parser:"'if' '(' @@ ')'"`
	Then *disjunction `parser:"'then' '(' @@ ')'"`
	Else *disjunction `parser:"'else' '(' @@ ')'"`
}

type call struct {
	Pos  lexer.Position
	Name string         `parser:"(?! 'if' | 'then' | 'else' | 'not') @Ident '('"`
	Args []*disjunction `parser:"@@ ( ',' @@ )* ')'"`
}

// reference is a name, perhaps an element of an array, or its derivative.
type reference struct {
	Pos   lexer.Position
	Name  string       `parser:"@Ident"`
	Range string       `parser:"( '[' ( @Range"`
	Index *disjunction `parser:"| @@ ) ']' )?"`
	Prime bool         `parser:"@Prime?"`
}

// Two tokens tell every alternative: a call from a name, a range from an index.
var options = []participle.Option{
	participle.Lexer(tokens), participle.Elide("space"), participle.CaseInsensitive("Ident"), participle.UseLookahead(2),
}

var (
	definitionParser = participle.MustBuild[definition](options...)
	assignmentParser = participle.MustBuild[assignments](options...)
	networkParser    = participle.MustBuild[network](options...)
	expressionParser = participle.MustBuild[disjunction](options...)
)
