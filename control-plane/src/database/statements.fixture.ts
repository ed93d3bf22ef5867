import { readdirSync } from "node:fs";
import { join, relative } from "node:path";
import ts from "typescript";

/*
 * Finds every SQL statement of the program without running it: the tagged templates of the source,
 * with the fragments that they are put together from, and the type that their rows are said to have.
 * A condition between fragments gives a variant for each outcome.
 */

/** What a value of a row or a parameter is to the driver. */
export type Kind = "string" | "number" | "boolean" | "date" | "bytes" | "array" | "json" | "any";

/** A statement as it may be sent. */
export interface Statement {
  /** below src/, with the line where it begins */
  place: string;
  text: string;
  /** what is put in for `$1`, `$2` and so on */
  parameters: Kind[];
  /** columns that its rows are said to have; null: nothing is said; `unread`: they are not looked at */
  row: Map<string, Kind> | null | "unread";
  /** why it cannot be prepared as it stands; null: it can */
  unclear: string | null;
}

interface Piece {
  text: string;
  parameters: Kind[];
  unclear: string | null;
}

const mostVariants = 64;
/** Stands where a parameter is, until all are counted. */
const mark = "\u0000";
const beginning = /^\s*(?:--[^\n]*\n\s*)*(\w+)/;
const commands = new Set(["select", "insert", "update", "delete", "with", "notify", "lock"]);

/** @param folder with a tsconfig.json above it */
export function findStatements(folder: string): Statement[] {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts") && !/\.(test|fixture)\.ts$/.test(file))
    .map((file) => join(folder, file));
  return statementsOf(files, folder);
}

/** @param files of one program, named in places relative to `folder` */
export function statementsOf(files: string[], folder: string): Statement[] {
  const program = ts.createProgram(files, {
    target: ts.ScriptTarget.ES2023,
    module: ts.ModuleKind.Preserve,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    allowImportingTsExtensions: true,
    strict: true,
    exactOptionalPropertyTypes: false,
    skipLibCheck: true,
    noEmit: true,
    types: ["node"],
    lib: ["lib.es2023.d.ts"],
  });
  const reader = new Reader(program.getTypeChecker());
  const wanted = new Set(files);
  return program
    .getSourceFiles()
    .filter(({ fileName }) => wanted.has(fileName))
    .flatMap((source) => reader.statements(source, relative(folder, source.fileName)));
}

class Reader {
  readonly #checker: ts.TypeChecker;

  constructor(checker: ts.TypeChecker) {
    this.#checker = checker;
  }

  statements(source: ts.SourceFile, name: string): Statement[] {
    const found: Statement[] = [];
    const visit = (node: ts.Node): void => {
      if (ts.isTaggedTemplateExpression(node) && this.#isSql(node.tag)) {
        const { line } = source.getLineAndCharacterOfPosition(node.getStart());
        const row = this.#row(node);
        for (const piece of this.#template(node)) {
          const command = beginning.exec(piece.text)?.[1]?.toLowerCase() ?? "";
          if (!commands.has(command)) continue;
          let count = 0;
          const text = piece.text.replaceAll(mark, () => `$${++count}`);
          found.push({ ...piece, place: `${name}:${line + 1}`, row, text });
        }
      }
      ts.forEachChild(node, visit);
    };
    visit(source);
    return found;
  }

  #template(node: ts.TaggedTemplateExpression): Piece[] {
    const { template } = node;
    if (ts.isNoSubstitutionTemplateLiteral(template)) return [plain(template.text)];
    let variants = [plain(template.head.text)];
    for (const { expression, literal } of template.templateSpans) {
      variants = variants.flatMap((before) =>
        this.#inserted(expression, before.text).map((inserted) =>
          joined(before, inserted, plain(literal.text)),
        ),
      );
      if (variants.length > mostVariants)
        throw new Error(`${node.getText()} has too many variants`);
    }
    return variants;
  }

  /** What stands for `${expression}`: a fragment, a list of columns, a name or a parameter. */
  #inserted(wrapped: ts.Expression, before: string): Piece[] {
    const expression = unwrapped(wrapped);
    if (ts.isTaggedTemplateExpression(expression) && this.#isSql(expression.tag)) {
      return this.#template(expression);
    }
    if (ts.isCallExpression(expression) && this.#isSql(expression.expression)) {
      return [this.#helper(expression, before)];
    }
    const type = this.#checker.getTypeAtLocation(expression);
    if (!isFragment(type)) return [{ text: mark, parameters: [this.#kind(type)], unclear: null }];
    if (ts.isConditionalExpression(expression)) {
      return [expression.whenTrue, expression.whenFalse].flatMap((branch) =>
        this.#inserted(branch, before),
      );
    }
    const from = ts.isCallExpression(expression) ? expression.expression : expression;
    const origins = this.#origins(from);
    return origins.length > 0
      ? origins.flatMap((origin) => this.#inserted(origin, before))
      : [{ ...plain(""), unclear: `${expression.getText()} is not written down in one place` }];
  }

  /** The expressions that a constant or the result of a function may be. */
  #origins(name: ts.Expression): ts.Expression[] {
    let symbol = this.#checker.getSymbolAtLocation(name);
    if (symbol && symbol.flags & ts.SymbolFlags.Alias) {
      symbol = this.#checker.getAliasedSymbol(symbol);
    }
    const declaration = symbol?.valueDeclaration;
    if (declaration === undefined) return [];
    if (ts.isFunctionDeclaration(declaration)) return returned(declaration.body);
    if (!ts.isVariableDeclaration(declaration) || declaration.initializer === undefined) return [];
    const value = unwrapped(declaration.initializer);
    if (!ts.isArrowFunction(value)) return [value];
    return ts.isBlock(value.body) ? returned(value.body) : [value.body];
  }

  /** `sql(value)`: a name, or columns with their values as the words before it ask for. */
  #helper(call: ts.CallExpression, before: string): Piece {
    const [value, ...chosen] = call.arguments;
    if (value === undefined) return plain("");
    const type = this.#checker.getTypeAtLocation(unwrapped(value));
    if (type.isStringLiteral()) return plain(`"${type.value}"`);
    const row = this.#checker.getNonNullableType(this.#element(type) ?? type);
    const columns = new Map(
      chosen.length > 0
        ? chosen.flatMap((argument) => this.#names(argument)).map((name) => [name, "any" as Kind])
        : this.#columns(row),
    );
    if (columns.size === 0) {
      return { ...plain(""), unclear: `the columns of ${call.getText()} are not in its type` };
    }
    const names = [...columns.keys()].map((name) => `"${snake(name)}"`);
    const parameters = [...columns.values()];
    return /\bset\s*$/i.test(before)
      ? { text: names.map((name) => `${name} = ${mark}`).join(", "), parameters, unclear: null }
      : {
          text: `(${names.join(", ")}) values (${names.map(() => mark).join(", ")})`,
          parameters,
          unclear: null,
        };
  }

  #names(argument: ts.Expression): string[] {
    const type = this.#checker.getTypeAtLocation(argument);
    if (type.isStringLiteral()) return [type.value];
    const element = this.#element(type);
    if (element?.isStringLiteral()) return [element.value];
    return element?.isUnion()
      ? element.types.flatMap((part) => (part.isStringLiteral() ? [part.value] : []))
      : [];
  }

  /** What the type argument says of rows, or what the function promises that returns them. */
  #row(node: ts.TaggedTemplateExpression): Map<string, Kind> | null | "unread" {
    if (isUnread(node)) return "unread";
    const argument = node.typeArguments?.[0];
    const type =
      argument === undefined
        ? this.#promised(node)
        : this.#element(this.#checker.getTypeFromTypeNode(argument));
    return type === undefined ? null : this.#columns(type);
  }

  #promised(node: ts.Node): ts.Type | undefined {
    let returning = node.parent;
    while (ts.isAwaitExpression(returning) || ts.isParenthesizedExpression(returning)) {
      returning = returning.parent;
    }
    if (!ts.isReturnStatement(returning)) return undefined;
    const owner = ts.findAncestor(returning, ts.isFunctionLike);
    if (owner?.type === undefined) return undefined;
    const promised = this.#checker.getTypeFromTypeNode(owner.type);
    const awaited = this.#checker.getAwaitedType(promised);
    return awaited && this.#element(awaited);
  }

  #columns(type: ts.Type): Map<string, Kind> {
    return new Map(
      this.#checker
        .getPropertiesOfType(type)
        .map((property) => [property.name, this.#kind(this.#checker.getTypeOfSymbol(property))]),
    );
  }

  #element(type: ts.Type): ts.Type | undefined {
    return this.#checker.getIndexTypeOfType(type, ts.IndexKind.Number);
  }

  #isSql(tag: ts.Expression): boolean {
    const name = this.#checker.getTypeAtLocation(tag).symbol?.name;
    return ["ISql", "Sql", "TransactionSql", "ReservedSql"].includes(name ?? "");
  }

  #kind(nullable: ts.Type): Kind {
    const type = this.#checker.getNonNullableType(nullable);
    const kinds = new Set(
      (type.isUnion() ? type.types : [type]).map((part) => this.#kindOfOne(part)),
    );
    const [kind = "any"] = kinds;
    return kinds.size === 1 ? kind : "any";
  }

  #kindOfOne(type: ts.Type): Kind {
    if (type.flags & ts.TypeFlags.StringLike) return "string";
    if (type.flags & ts.TypeFlags.NumberLike) return "number";
    if (type.flags & ts.TypeFlags.BooleanLike) return "boolean";
    if (!(type.flags & ts.TypeFlags.Object)) return "any";
    const name = type.symbol?.name;
    if (name === "Date") return "date";
    if (name === "Buffer" || name === "Uint8Array") return "bytes";
    if (name === "Parameter") return "json";
    return this.#checker.isArrayLikeType(type) ? "array" : "json";
  }
}

/** A fragment that is put together with others elsewhere, or a statement that is run for its effect. */
function isUnread(node: ts.TaggedTemplateExpression): boolean {
  let outer = node.parent;
  // `.catch(…)`
  if (ts.isPropertyAccessExpression(outer)) outer = outer.parent.parent;
  if (ts.isAwaitExpression(outer)) outer = outer.parent;
  else if (ts.isArrowFunction(outer) || ts.isVariableDeclaration(outer)) return true;
  else if (ts.isReturnStatement(outer)) {
    const owner = ts.findAncestor(outer, ts.isFunctionLike);
    return owner?.type === undefined && !isAsync(owner);
  }
  return ts.isExpressionStatement(outer);
}

function isAsync(node: ts.Node | undefined): boolean {
  return (
    node !== undefined &&
    ts.canHaveModifiers(node) &&
    ts.getModifiers(node)?.some(({ kind }) => kind === ts.SyntaxKind.AsyncKeyword) === true
  );
}

function isFragment(type: ts.Type): boolean {
  const parts = type.isUnion() ? type.types : [type];
  return parts.some(({ symbol }) => symbol?.name === "PendingQuery");
}

function returned(body: ts.Block | undefined): ts.Expression[] {
  const found: ts.Expression[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isFunctionLike(node)) return;
    if (ts.isReturnStatement(node) && node.expression) found.push(node.expression);
    ts.forEachChild(node, visit);
  };
  if (body) visit(body);
  return found;
}

function unwrapped(expression: ts.Expression): ts.Expression {
  return ts.isParenthesizedExpression(expression) ||
    ts.isAsExpression(expression) ||
    ts.isSatisfiesExpression(expression)
    ? unwrapped(expression.expression)
    : expression;
}

const plain = (text: string): Piece => ({ text, parameters: [], unclear: null });

function joined(...pieces: Piece[]): Piece {
  return {
    text: pieces.map(({ text }) => text).join(""),
    parameters: pieces.flatMap(({ parameters }) => parameters),
    unclear: pieces.find(({ unclear }) => unclear !== null)?.unclear ?? null,
  };
}

const snake = (name: string): string =>
  name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
