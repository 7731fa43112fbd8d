"""Who imports a dotted path that stands in a string: one row for each known call or setting.

A new framework needs a row here and nothing else. `CALLS` are functions, by the full names
under which they are imported; `SETTINGS` are names that a settings module assigns.
"""

from __future__ import annotations

from msgspec import Struct

from linkstep.model.summary import PathForm

MODULE, ATTRIBUTE, EITHER = PathForm.MODULE, PathForm.ATTRIBUTE, PathForm.EITHER
COLON, CHAIN = PathForm.COLON, PathForm.CHAIN


class PathCall(Struct, frozen=True):
    """A function that imports what an argument names.

    The argument is number `argument`, or the keyword `keyword`; with `each` a list of
    them. `fixture` says the function is an attribute of a parameter of that name, which a
    test runner fills. `first` is the text that the first argument must have. With one of
    the `unless` keywords nothing is required to be there. `relative` allows a leading dot
    and `package=`. `builtins` says that a name of the builtins need not be in the module.
    `when` completes "fails when ..." where that is not when the call is executed.
    """

    functions: tuple[str, ...]
    form: PathForm
    argument: int | None = 0
    keyword: str = ""
    each: bool = False
    fixture: bool = False
    first: str = ""
    unless: tuple[str, ...] = ()
    relative: bool = False
    builtins: bool = False
    when: str = ""


class PathSetting(Struct, frozen=True):
    """A name that a settings module assigns; `each` for a list of paths."""

    name: str
    form: PathForm
    each: bool = False
    when: str = "Django reads the setting"


_PATCH = "the patch is applied"
_PATCHES = ("unittest.mock.patch", "mock.patch")
_NEW = ("create",)

CALLS = (
    # https://docs.python.org/3/library/importlib.html#importlib.import_module
    PathCall(("importlib.import_module",), MODULE, keyword="name", relative=True),
    PathCall(("__import__", "builtins.__import__"), MODULE, keyword="name"),
    # https://docs.python.org/3/library/pkgutil.html#pkgutil.resolve_name
    PathCall(("pkgutil.resolve_name",), CHAIN, keyword="name"),
    PathCall(("runpy.run_module",), MODULE, keyword="mod_name"),
    # https://docs.python.org/3/library/unittest.mock.html#patch
    PathCall(_PATCHES, CHAIN, keyword="target", unless=_NEW, builtins=True, when=_PATCH),
    PathCall(tuple(f"{p}.dict" for p in _PATCHES), CHAIN, keyword="in_dict", when=_PATCH),
    PathCall(tuple(f"{p}.multiple" for p in _PATCHES), CHAIN, keyword="target", when=_PATCH),
    PathCall(("mocker.patch",), CHAIN, fixture=True, unless=_NEW, builtins=True, when=_PATCH),
    PathCall(("mocker.patch.dict", "mocker.patch.multiple"), CHAIN, fixture=True, when=_PATCH),
    # https://docs.pytest.org/en/stable/reference/reference.html#pytest.MonkeyPatch
    PathCall(
        ("monkeypatch.setattr", "monkeypatch.delattr"), CHAIN, fixture=True, unless=("raising",)
    ),
    # https://www.uvicorn.org/deployment/#running-programmatically
    PathCall(("uvicorn.run", "uvicorn.main.run", "uvicorn.Config"), COLON, keyword="app"),
    # https://docs.celeryq.dev/en/stable/reference/celery.html
    PathCall(("celery.Celery", "celery.app.Celery"), MODULE, None, keyword="include", each=True),
    # https://docs.djangoproject.com/en/stable/ref/urls/#include
    PathCall(("django.urls.include", "django.conf.urls.include"), MODULE),
    PathCall(("django.utils.module_loading.import_string",), ATTRIBUTE, keyword="dotted_path"),
    PathCall(
        ("os.environ.setdefault",), MODULE, 1, first="DJANGO_SETTINGS_MODULE", when="Django starts"
    ),
    # https://werkzeug.palletsprojects.com/en/stable/utils/#werkzeug.utils.import_string
    PathCall(("werkzeug.utils.import_string",), EITHER, keyword="import_name", unless=("silent",)),
    # https://scientific-python.org/specs/spec-0001/
    PathCall(("lazy_loader.load",), MODULE, unless=("error_on_import",), when="it is first used"),
)

# Settings that only Django reads; a module counts as settings when it has two of them.
SETTINGS = (
    # https://docs.djangoproject.com/en/stable/ref/settings/
    PathSetting("INSTALLED_APPS", EITHER, each=True),
    PathSetting("MIDDLEWARE", ATTRIBUTE, each=True),
    PathSetting("ROOT_URLCONF", MODULE),
    PathSetting("WSGI_APPLICATION", ATTRIBUTE),
    PathSetting("ASGI_APPLICATION", ATTRIBUTE),
    PathSetting("AUTHENTICATION_BACKENDS", ATTRIBUTE, each=True),
    PathSetting("DATABASE_ROUTERS", ATTRIBUTE, each=True),
    PathSetting("PASSWORD_HASHERS", ATTRIBUTE, each=True),
    PathSetting("STATICFILES_FINDERS", ATTRIBUTE, each=True),
    PathSetting("FILE_UPLOAD_HANDLERS", ATTRIBUTE, each=True),
    PathSetting("EMAIL_BACKEND", ATTRIBUTE),
    PathSetting("MESSAGE_STORAGE", ATTRIBUTE),
    PathSetting("SESSION_ENGINE", MODULE),
    PathSetting("SESSION_SERIALIZER", ATTRIBUTE),
    PathSetting("TEST_RUNNER", ATTRIBUTE),
    PathSetting("FORM_RENDERER", ATTRIBUTE),
    # https://docs.celeryq.dev/en/stable/userguide/configuration.html#imports
    PathSetting("CELERY_IMPORTS", MODULE, each=True, when="the Celery worker starts"),
    PathSetting("CELERY_INCLUDE", MODULE, each=True, when="the Celery worker starts"),
)

# Further names by which a settings module of Django is known.
MARKERS = frozenset(
    {"ALLOWED_HOSTS", "CACHES", "DATABASES", "DEBUG", "SECRET_KEY", "STATIC_URL", "TEMPLATES"}
)

# Dictionaries that `logging.config.dictConfig` gets, and the keys of them that name classes.
LOGGING_FUNCTIONS = ("logging.config.dictConfig",)
LOGGING_SETTING = "LOGGING"
LOGGING_KEYS = frozenset({"()", "class"})
LOGGING = PathCall(LOGGING_FUNCTIONS, CHAIN, when="logging is configured")

# By the last part of the function's name, which is all that one file alone knows for sure.
BY_LAST_PART: dict[str, tuple[PathCall, ...]] = {}
for _call in CALLS:
    for _function in _call.functions:
        _last = _function.rpartition(".")[2]
        BY_LAST_PART[_last] = (*BY_LAST_PART.get(_last, ()), _call)
