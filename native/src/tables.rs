//! What a file does with the modules that it takes out of `sys.modules` (index/table_reading.py).

use crate::ast::*;
use crate::chains::is_name;
use crate::nodes::Node;

/// Whether nothing in a file can change a module that it takes out of `sys.modules`.
pub fn only_looks(body: &[Stmt]) -> bool {
    let tree = Tree::of(body);
    let mut taken = Vec::new();
    for (place, (node, _)) in tree.nodes.iter().enumerate() {
        if is_run(*node) {
            return false;
        }
        if is_table(*node) {
            match tree.entry(place) {
                Some(entry) => taken.push(entry),
                None => return false,
            }
        }
    }
    let mut held: Vec<Holder> = Vec::new();
    while let Some(place) = taken.pop() {
        let holders = match tree.holders(place) {
            Some(holders) => holders,
            None => return false,
        };
        for holder in holders {
            if !held.contains(&holder) {
                taken.extend(tree.loads(holder));
                held.push(holder);
            }
        }
    }
    true
}

/// What may hold a module: a variable of that name, or what a call of that function gives.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Holder<'s> {
    Variable(&'s str),
    Call(&'s str),
}

/// All nodes of a file, each with the place of the one above; those at the top have none.
struct Tree<'t, 's> {
    nodes: Vec<(Node<'t, 's>, Option<usize>)>,
}

impl<'t, 's> Tree<'t, 's> {
    fn of(body: &'t [Stmt<'s>]) -> Self {
        let mut nodes: Vec<_> = body.iter().map(|one| (Node::Stmt(one), None)).collect();
        let mut place = 0;
        while place < nodes.len() {
            let node: Node = nodes[place].0;
            nodes.extend(node.children().into_iter().map(|child| (child, Some(place))));
            place += 1;
        }
        Tree { nodes }
    }

    fn above(&self, place: usize) -> Option<usize> {
        self.nodes[place].1
    }

    fn expression(&self, place: Option<usize>) -> Option<&'t Expr<'s>> {
        match self.nodes[place?].0 {
            Node::Expr(node) => Some(node),
            _ => None,
        }
    }

    /// Give the place of the expression that takes one module out of a table.
    fn entry(&self, place: usize) -> Option<usize> {
        let table = self.expression(Some(place))?;
        let above = self.above(place)?;
        let user = self.expression(Some(above))?;
        match &user.kind {
            ExprKind::Subscript(pair, Context::Load) if std::ptr::eq(&pair.0, table) => Some(above),
            ExprKind::Compare(compare) => {
                let is_right = compare.rest.iter().any(|(_, right)| std::ptr::eq(right, table));
                Some(above).filter(|_| is_right)
            }
            ExprKind::Attribute(_, "get", _) => {
                let call = self.above(above)?;
                match &self.expression(Some(call))?.kind {
                    ExprKind::Call(node) if std::ptr::eq(&node.function, user) => Some(call),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// Give what gets a module, by how it is used; None when it may be changed.
    fn holders(&self, place: usize) -> Option<Vec<Holder<'s>>> {
        let mut value = place;
        let mut user = self.above(value)?;
        while let Node::Expr(Expr { kind: ExprKind::BoolOp(..) | ExprKind::IfExp(_), .. }) =
            self.nodes[user].0
        {
            value = user;
            user = self.above(user)?;
        }
        match self.nodes[user].0 {
            Node::Expr(node) => match &node.kind {
                ExprKind::Attribute(_, name, Context::Load) if is_told(name) => Some(Vec::new()),
                ExprKind::Compare(_) | ExprKind::UnaryOp(..) => Some(Vec::new()),
                ExprKind::Call(call) => self.parameters(call, self.expression(Some(value))?),
                _ => None,
            },
            Node::Stmt(node) => match &node.kind {
                StmtKind::If(_) | StmtKind::Expr(_) => Some(Vec::new()),
                StmtKind::Assign(targets, _) => targets.iter().map(variable).collect(),
                StmtKind::Return(_) => Some(vec![Holder::Call(self.function_around(user)?)]),
                _ => None,
            },
            Node::Field(_) => Some(Vec::new()),
            _ => None,
        }
    }

    fn function_around(&self, mut place: usize) -> Option<&'s str> {
        loop {
            if let Node::Stmt(Stmt { kind: StmtKind::FunctionDef(node), .. }) = self.nodes[place].0
            {
                return Some(node.name);
            }
            place = self.above(place)?;
        }
    }

    /// Give the parameters of the functions of this file that get a module.
    fn parameters(&self, call: &Call<'s>, value: &Expr<'s>) -> Option<Vec<Holder<'s>>> {
        let name = match call.function.kind {
            ExprKind::Name(name, _) => name,
            _ => return None,
        };
        let position = call.arguments.iter().position(|one| std::ptr::eq(one, value));
        let asks = ["hasattr", "isinstance", "repr", "str", "id", "bool"].contains(&name);
        let told = call.arguments.get(1).map_or(false, |key| is_text_told(key));
        if asks || (name == "getattr" && told && position.is_some()) {
            return Some(Vec::new());
        }
        let position = position.filter(|_| call.keywords.is_empty())?;
        let mut found = Vec::new();
        for (node, _) in &self.nodes {
            match node {
                Node::Stmt(Stmt { kind: StmtKind::FunctionDef(node), .. })
                    if node.name == name && !node.is_async =>
                {
                    let parameter = node.parameters.positional.get(position)?;
                    if !node.decorators.is_empty() {
                        return None;
                    }
                    found.push(Holder::Variable(parameter.name));
                }
                _ => {}
            }
        }
        Some(found).filter(|found| !found.is_empty())
    }

    /// Give the places where a variable is read, or a function called, in whatever scope.
    fn loads(&self, holder: Holder<'s>) -> Vec<usize> {
        let is_load = |place: &usize| {
            let node = match self.nodes[*place].0 {
                Node::Expr(node) => node,
                _ => return false,
            };
            match (&node.kind, holder) {
                (ExprKind::Name(name, Context::Load), Holder::Variable(wanted)) => *name == wanted,
                (ExprKind::Name(name, Context::Load), Holder::Call(wanted)) => *name == wanted,
                (ExprKind::Attribute(_, name, _), Holder::Call(wanted)) => *name == wanted,
                _ => false,
            }
        };
        let places = (0..self.nodes.len()).filter(is_load);
        places.map(|place| self.read_at(place, holder)).collect()
    }

    /// Give the place of the call of a function, where it is one, instead of that of its name.
    fn read_at(&self, place: usize, holder: Holder<'s>) -> usize {
        let above = match (holder, self.above(place)) {
            (Holder::Call(_), Some(above)) => above,
            _ => return place,
        };
        match (self.expression(Some(above)).map(|user| &user.kind), self.expression(Some(place))) {
            (Some(ExprKind::Call(call)), Some(node)) => {
                let is_attribute = matches!(node.kind, ExprKind::Attribute(..));
                let is_called = std::ptr::eq(&call.function, node);
                if is_attribute || is_called {
                    above
                } else {
                    place
                }
            }
            _ => place,
        }
    }
}

fn variable<'s>(target: &Expr<'s>) -> Option<Holder<'s>> {
    match target.kind {
        ExprKind::Name(name, _) => Some(Holder::Variable(name)),
        _ => None,
    }
}

fn is_run(node: Node) -> bool {
    match node {
        Node::Expr(node) => is_name(node, "exec") || is_name(node, "eval"),
        _ => false,
    }
}

/// Whether a node may be the table of modules; an import of it counts as one.
fn is_table(node: Node) -> bool {
    match node {
        Node::Stmt(Stmt { kind: StmtKind::ImportFrom(import), .. }) => {
            let takes = |alias: &Alias| alias.name == "modules" || alias.name == "*";
            import.module.as_deref() == Some("sys") && import.names.iter().any(takes)
        }
        Node::Expr(node) => matches!(node.kind, ExprKind::Attribute(_, "modules", _)),
        _ => false,
    }
}

fn is_told(name: &str) -> bool {
    matches!(name, "__version__" | "__name__" | "__file__" | "__package__" | "__doc__")
}

fn is_text_told(key: &Expr) -> bool {
    match &key.kind {
        ExprKind::Constant(Constant::Str(Literals::One(one))) => is_told(one.text),
        _ => false,
    }
}
