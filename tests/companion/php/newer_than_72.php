<?php
/**
 * Names what it finds in the given files that PHP 7.2 does not know, a line each; "-" reads standard input.
 *
 * It parses with Debian's nikic/php-parser and looks for the syntax that 7.3 to 8.2 added, as far as the three
 * functions below name it (what is newer still, PHP 8.2 refuses by itself), and for the functions and constants listed
 * here. It does not run PHP 7.2: a difference in behaviour, and a class or method that is newer, it can't see.
 */

require_once '/usr/share/php/PhpParser/autoload.php';

use PhpParser\Node;

const FUNCTIONS = [
    // 7.3
    'is_countable', 'array_key_first', 'array_key_last', 'hrtime', 'fpm_get_status', 'net_get_interfaces',
    // 7.4
    'mb_str_split', 'password_algos', 'get_mangled_object_vars', 'sapi_windows_set_ctrl_handler',
    // 8.0
    'str_contains', 'str_starts_with', 'str_ends_with', 'get_debug_type', 'get_resource_id', 'fdiv',
    'preg_last_error_msg',
    // 8.1
    'array_is_list', 'fsync', 'fdatasync', 'enum_exists',
    // 8.2
    'memory_reset_peak_usage', 'ini_parse_quantity', 'curl_upkeep', 'mysqli_execute_query',
    // 8.3
    'json_validate', 'mb_str_pad', 'str_increment', 'str_decrement', 'stream_context_set_options',
    // 8.4
    'array_find', 'array_find_key', 'array_any', 'array_all', 'mb_trim', 'mb_ltrim', 'mb_rtrim', 'mb_ucfirst',
    'mb_lcfirst', 'bcdivmod', 'fpow', 'request_parse_body', 'http_get_last_response_headers',
];
const CONSTANTS = [
    'JSON_THROW_ON_ERROR', 'PASSWORD_ARGON2ID', 'PASSWORD_ARGON2_PROVIDER', 'FILTER_VALIDATE_BOOL',
    'FILTER_FLAG_GLOBAL_RANGE', 'IMG_WEBP_LOSSLESS', 'MB_CASE_FOLD',
];

/** Newer by what kind of node it is. */
function kind(Node $node): ?string
{
    $kinds = [
        Node\Expr\ArrowFunction::class => 'arrow function (7.4)',
        Node\Expr\AssignOp\Coalesce::class => '??= (7.4)',
        Node\Expr\Match_::class => 'match (8.0)',
        Node\Expr\NullsafePropertyFetch::class => '?-> (8.0)',
        Node\Expr\NullsafeMethodCall::class => '?-> (8.0)',
        Node\Expr\Throw_::class => 'throw as an expression (8.0)',
        Node\UnionType::class => 'union type (8.0)',
        Node\AttributeGroup::class => 'attribute (8.0)',
        Node\IntersectionType::class => 'intersection type (8.1)',
        Node\Stmt\Enum_::class => 'enum (8.1)',
        Node\VariadicPlaceholder::class => 'first-class callable (8.1)',
    ];
    return $kinds[get_class($node)] ?? null;
}

/** Newer by how a node is used that is old by itself. */
function usage(Node $node): ?string
{
    $flags = $node->flags ?? 0;
    if ($flags & Node\Stmt\Class_::MODIFIER_READONLY) {
        return 'readonly (8.1)';
    }
    if ($node instanceof Node\Param && $flags !== 0) {
        return 'constructor promotion (8.0)';
    }
    if ($node instanceof Node\Param && $node->default !== null && contains($node->default, Node\Expr\New_::class)) {
        return 'new in an initializer (8.1)';
    }
    if ($node instanceof Node\Stmt\Property && $node->type !== null) {
        return 'typed property (7.4)';
    }
    if ($node instanceof Node\Stmt\ClassConst && $flags & Node\Stmt\Class_::MODIFIER_FINAL) {
        return 'final constant (8.1)';
    }
    if ($node instanceof Node\Arg && $node->name !== null) {
        return 'named argument (8.0)';
    }
    if ($node instanceof Node\Expr\ArrayItem && $node->unpack) {
        return 'spread in an array (7.4)';
    }
    if ($node instanceof Node\Stmt\Catch_ && $node->var === null) {
        return 'catch without a variable (8.0)';
    }
    if ($node instanceof Node\Expr\ClassConstFetch && $node->class instanceof Node\Expr && (string) $node->name === 'class') {
        return '::class of an object (8.0)';
    }
    if ($node instanceof Node\FunctionLike && isNewType($node->getReturnType())) {
        return 'static, mixed, never, false, null or true as a type (8.0 to 8.2)';
    }
    if ($node instanceof Node\Param && isNewType($node->type)) {
        return 'static, mixed, never, false, null or true as a type (8.0 to 8.2)';
    }
    if (($node instanceof Node\Expr\Assign && hasReference($node->var))
        || ($node instanceof Node\Stmt\Foreach_ && hasReference($node->valueVar))) {
        return 'reference in a list (7.3)';
    }
    if ($node instanceof Node\Expr\FuncCall && $node->name instanceof Node\Name && in_array($node->name->getLast(), FUNCTIONS, true)) {
        return $node->name->getLast() . '() (newer)';
    }
    if ($node instanceof Node\Expr\ConstFetch && in_array($node->name->getLast(), CONSTANTS, true)) {
        return $node->name->getLast() . ' (newer)';
    }
    return null;
}

/** Newer by how it is written, which the tree does not tell. */
function spelling(array $tokens): array
{
    $found = [];
    $last = null;
    $open = [];
    foreach ($tokens as $index => $token) {
        list($id, $text, $line) = is_array($token) ? $token : [null, $token, $last[2] ?? 1];
        if (in_array($id, [T_WHITESPACE, T_COMMENT, T_DOC_COMMENT], true)) {
            continue;
        }
        if ($text === '(') {
            // A comma may stand at the end of list() and, since 5.x, of array(); not of parameters, arguments or use.
            $open[] = !in_array($last[0] ?? null, [T_LIST, T_ARRAY], true);
        } elseif ($text === ')' && array_pop($open) && ($last[1] ?? '') === ',') {
            $found[] = [$line, 'comma after the last argument or parameter (7.3, 8.0)'];
        }
        if (in_array($id, [T_LNUMBER, T_DNUMBER], true) && strpos($text, '_') !== false) {
            $found[] = [$line, '_ in a number (7.4)'];
        }
        if ($id === T_LNUMBER && stripos($text, '0o') === 0) {
            $found[] = [$line, '0o number (8.1)'];
        }
        if ($id === T_END_HEREDOC) {
            $next = is_array($tokens[$index + 1] ?? null) ? $tokens[$index + 1][1] : ($tokens[$index + 1] ?? "\n");
            $after = is_array($tokens[$index + 2] ?? null) ? $tokens[$index + 2][1] : ($tokens[$index + 2] ?? "\n");
            $isAlone = $next[0] === "\n" || ($next === ';' && $after[0] === "\n");
            if (trim($text) !== $text || !$isAlone) {
                $found[] = [$line, 'heredoc whose end does not stand alone at the margin (7.3)'];
            }
        }
        $last = [$id, $text, $line];
    }
    return $found;
}

function contains(Node $node, string $class): bool
{
    return (new PhpParser\NodeFinder())->findFirstInstanceOf([$node], $class) !== null;
}

function isNewType($type): bool
{
    $inner = $type instanceof Node\NullableType ? $type->type : $type;
    $names = ['static', 'mixed', 'never', 'false', 'null', 'true'];
    return ($inner instanceof Node\Identifier || $inner instanceof Node\Name)
        && in_array(strtolower($inner->toString()), $names, true);
}

function hasReference($list): bool
{
    $isList = $list instanceof Node\Expr\List_ || $list instanceof Node\Expr\Array_;
    foreach ($isList ? $list->items : [] as $item) {
        if ($item !== null && ($item->byRef || hasReference($item->value))) {
            return true;
        }
    }
    return false;
}

$parser = (new PhpParser\ParserFactory())->create(PhpParser\ParserFactory::ONLY_PHP7);
$isClean = true;
foreach (array_slice($argv, 1) as $file) {
    $code = file_get_contents($file === '-' ? 'php://stdin' : $file);
    $found = spelling(token_get_all($code));
    foreach ((new PhpParser\NodeFinder())->findInstanceOf($parser->parse($code), Node::class) as $node) {
        $newer = kind($node) ?? usage($node);
        if ($newer !== null) {
            $found[] = [$node->getStartLine(), $newer];
        }
    }
    foreach ($found as list($line, $newer)) {
        echo "$file:$line: $newer\n";
        $isClean = false;
    }
}
exit($isClean ? 0 : 1);
